import { describe, it } from 'vitest';
import { type Door, doors } from './fleet.ts';
import { fleet } from './plain-fleet.ts';

// Answers that take more than one turn of the service: what is left of a connection must not outlive it.
const attacked = doors.filter(({ listener }) => ['dialog-tcp', 'session-tcp'].includes(listener));
const TIMES = 10;
const KIB = 1024;
/** An answer of 12 bytes to each empty message, in all more than one turn; the last message is too long and ends it. */
const ENDLESS_DIALOG = `${'\t'.repeat(2_729)}${'x'.repeat(2_100)}`;
/** Megabytes of answers. */
const HELP = 'help\n'.repeat(3_200);

const requestOf = ({ listener }: Door): string => (listener === 'session-tcp' ? HELP : ENDLESS_DIALOG);

describe.each(attacked)('$name', (door) => {
  it('should outlive a client that ends in the middle of an answer', async () => {
    for (let time = 0; time < TIMES; time += 1) {
      using client = await fleet.connect(door, { halfOpen: true });
      client.socket.end(door.header + requestOf(door));
      await client.ended;
    }
    await fleet.expectUnharmed([door]);
  });

  it('should outlive a client that resets in the middle of an answer', async () => {
    for (let time = 0; time < TIMES; time += 1) {
      using client = await fleet.connect(door);
      client.socket.write(door.header + requestOf(door));
      await client.take((1 + time) * 12 * KIB);
      client.socket.resetAndDestroy();
    }
    await fleet.expectUnharmed([door]);
  });
});
