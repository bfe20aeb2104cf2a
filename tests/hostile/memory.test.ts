import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostileSeed, Random } from '../harness/random.ts';
import { type Door, doors, Fleet } from './fleet.ts';

const MIB = 1024 * 1024;
const CONNECTIONS_PER_ROUND = 300;
/** Until V8 has compiled what is hot, which takes megabytes. */
const WARM_UP_ROUNDS = 16;
const ROUNDS = 24;
/** A connection that is not let go keeps 2 KiB or more: over all of the rounds, 14 MiB. */
const BOUND_BYTES = 9 * MIB;
/** Little room for garbage, or it would grow for a while as a leak does. */
const HEAP = '--max-old-space-size=40 --max-semi-space-size=2';

const names = ['echo-tcp', 'session-tcp', 'dialog-tcp, PROXY required'];
const attacked = doors.filter(({ name }) => names.includes(name));

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start({ NODE_OPTIONS: HEAP }, attacked);
});
afterAll(() => fleet[Symbol.asyncDispose]());

/** Noise from ever new sources, ended in every way, some of it with the answers unread. */
async function attack(door: Door, random: Random): Promise<void> {
  await Promise.all(
    Array.from({ length: CONNECTIONS_PER_ROUND }, async () => {
      const source = `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
      const noise = random.bytes(random.below(4_000));
      const ending = random.pick(['end', 'destroy', 'reset']);
      using client = await fleet.connect(door, { reading: ending === 'end' });
      client.socket.write(door.header.replace(/\d+(\.\d+){3}/, source));
      client.socket.write(noise);
      if (ending === 'end') {
        client.socket.end();
        await client.ended;
      } else if (ending === 'reset') client.socket.resetAndDestroy();
    }),
  );
}

it.each(attacked)(`should not grow by attacks on $name (HOSTILE_SEED=${hostileSeed})`, async (door) => {
  const random = new Random(hostileSeed);
  const memory = async () => (await fleet.metrics(door)).value('process_resident_memory_bytes');
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) await attack(door, random);
  const before = await memory();
  for (let round = 0; round < ROUNDS; round += 1) await attack(door, random);
  expect(((await memory()) - before) / MIB, 'growth in MiB').toBeLessThan(BOUND_BYTES / MIB);
  await fleet.expectUnharmed([door]);
});
