import { runUdpThread } from '@echo-daytime/sockets';
import { echoCounters } from './counters.ts';
import { echoUdp } from './echo-udp.ts';

runUdpThread((_config, block) => ({ protocol: echoUdp, counters: echoCounters(block).udp }));
