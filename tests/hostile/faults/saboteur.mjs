/**
 * Loaded into a service from outside (`NODE_OPTIONS=--import`). On SIGUSR2 it does to the data plane what SABOTAGE
 * names. The services themselves have no such switch.
 */
import { isMainThread, parentPort } from 'node:worker_threads';

const NOTICES = 4_000;
const channel = new BroadcastChannel('sabotage');
channel.unref();

/** @type {Record<string, () => void>} */
const sabotages = {
  throw() {
    throw new Error('sabotage');
  },
  hoard() {
    const hoard = [];
    for (;;) hoard.push(new Array(1_000_000).fill(hoard.length));
  },
  hang() {
    for (;;);
  },
  chatter() {
    const fields = { listener: 'sabotage', filler: 'x'.repeat(1_000) };
    for (let line = 0; line < NOTICES; line += 1) {
      parentPort?.postMessage({ type: 'notice', message: 'sabotage', fields });
    }
  },
};

if (isMainThread) process.on('SIGUSR2', () => channel.postMessage(process.env.SABOTAGE));
else {
  channel.onmessage = ({ data }) => {
    // Thrown outside the channel's own error handling.
    setImmediate(sabotages[data]);
  };
}
