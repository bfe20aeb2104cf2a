import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostileSeed, Random } from '../../harness/random.ts';
import { type Door, doors, Fleet } from './fleet.ts';

const MIB = 1024 * 1024;
const CONNECTIONS_PER_ROUND = 300;
const ROUNDS_PER_STAGE = 8;
/** The first one gives heaps and caches their size. */
const STAGES = 4;
/** A connection that is not let go keeps 600 bytes or more: over a stage, 1.4 MiB. */
const BOUND_BYTES = MIB;
/** Little room for garbage, or it would grow for a while as a leak does. */
const HEAP = '--max-old-space-size=40 --max-semi-space-size=2';
const COMPILERS = `--import=${new URL('no-optimizer.ts', import.meta.url)}`;

const names = ['echo-tcp', 'dialog-tcp', 'session-tcp, PROXY required'];
const attacked = doors.filter(({ name }) => names.includes(name));

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start({ NODE_OPTIONS: `${HEAP} ${COMPILERS}` }, attacked);
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
  const readings: number[] = [];
  for (let stage = 0; stage < STAGES; stage += 1) {
    for (let round = 0; round < ROUNDS_PER_STAGE; round += 1) await attack(door, random);
    // Who is still served is no leak: on a busy machine, hundreds.
    await fleet.emptied(door);
    readings.push(await memory());
  }
  const growth = readings.slice(1).map((reading, index) => reading - readings[index]!);
  // A leak adds in every stage. What garbage and allocators take or give back, they do in one or the other.
  const usual = growth.sort((a, b) => a - b)[Math.floor(growth.length / 2)]!;
  expect(usual / MIB, 'growth in MiB').toBeLessThan(BOUND_BYTES / MIB);
  await fleet.expectUnharmed([door]);
});
