import { runUdpThread } from '@echo-daytime/sockets';
import { listeners } from './listeners.ts';

runUdpThread(listeners);
