import type { CountedListener } from './accounting.ts';
import { Conversation } from './conversation.ts';
import type { Load } from './load.ts';

const MIN_BYTES = 64;
const MAX_BYTES = 64 * 1024;
/** More than all buffers hold, so that a slow reader stops the writes of the service. Bytes. */
const SLOW_BYTES = 8 * 1024 ** 2;
const SLOW_STEP_BYTES = 256 * 1024;
/** Far more than all buffers hold, so that a peer that never reads stops the service for certain. Bytes. */
const STUCK_BYTES = 64 * 1024 ** 2;
const STUCK_STEP_BYTES = 512 * 1024;

/** Sends bytes and checks the echo. */
async function exchange(load: Load, conversation: Conversation): Promise<void> {
  const bytes = load.bytes(MIN_BYTES + load.random.below(MAX_BYTES - MIN_BYTES + 1));
  conversation.send(bytes);
  await conversation.expect(bytes);
  load.findings.exchanges += 1;
}

/** One connection that lives as long as the load. */
export async function longLived(load: Load, to: CountedListener): Promise<void> {
  using conversation = await Conversation.open(to);
  while (!load.isOver) {
    await exchange(load, conversation);
    await load.pause(100, 500);
  }
  await conversation.finish();
}

/** A connection with a few exchanges and one of the ways to end. */
export async function visitor(load: Load, to: CountedListener): Promise<void> {
  using conversation = await Conversation.open(to);
  const way = load.random.pick(['fin', 'fin', 'half-close', 'half-close', 'reset', 'nothing', 'idle']);
  if (way === 'nothing') return await conversation.reset();
  for (let left = load.random.below(4); left > 0; left -= 1) await exchange(load, conversation);
  if (way === 'half-close') {
    const bytes = load.bytes(MAX_BYTES);
    conversation.send(bytes);
    conversation.shutDown();
    await conversation.expect(bytes);
    load.findings.exchanges += 1;
    return await conversation.ended('client');
  }
  if (way === 'idle') return await conversation.ended('idle');
  if (way === 'reset') return await conversation.reset();
  return await conversation.finish();
}

/** Sends many bytes at once and reads slowly: the whole echo must come. */
export async function slowReader(load: Load, to: CountedListener): Promise<void> {
  using conversation = await Conversation.open(to);
  const step = load.bytes(SLOW_STEP_BYTES);
  for (let sent = 0; sent < SLOW_BYTES; sent += step.length) conversation.send(step);
  for (let read = 0; read < SLOW_BYTES; read += step.length) {
    await conversation.expect(step);
    await load.pause(20, 60);
  }
  load.findings.exchanges += 1;
  await conversation.finish();
}

/** Closes while its bytes are in flight. */
export async function runaway(load: Load, to: CountedListener): Promise<void> {
  using conversation = await Conversation.open(to);
  const bytes = load.bytes(MAX_BYTES);
  conversation.send(bytes, false);
  conversation.mayLose(bytes.length);
  await load.pause(0, 3);
  await conversation.reset();
}

/** Sends and never reads, until the write timeout of the service resets it. */
export async function stuckReader(load: Load, to: CountedListener): Promise<void> {
  using conversation = await Conversation.open(to);
  const step = load.bytes(STUCK_STEP_BYTES);
  let sent = 0;
  do {
    conversation.send(step, false);
    conversation.mayLose(step.length);
    sent += step.length;
  } while ((await conversation.sent()) && sent < STUCK_BYTES);
  if (sent >= STUCK_BYTES) throw new Error(`the service took ${sent} bytes of a peer that reads none`);
  await conversation.wasReset('write_timeout');
}
