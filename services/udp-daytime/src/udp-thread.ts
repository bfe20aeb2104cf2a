import { runUdpThread } from '@echo-daytime/sockets';
import type { UdpDaytimeConfig } from './config.ts';
import { udpDaytimeCounters } from './counters.ts';
import { daytimeService } from './daytime-udp.ts';

runUdpThread<UdpDaytimeConfig>((config, block) => daytimeService(config, udpDaytimeCounters(block)));
