import { afterAll, beforeAll } from 'vitest';
import { Fleet } from './fleet.ts';

/** What its own file configures nothing of is attacked in one set of processes: starting them costs more than most attacks. */
export let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start();
});
afterAll(() => fleet[Symbol.asyncDispose]());
