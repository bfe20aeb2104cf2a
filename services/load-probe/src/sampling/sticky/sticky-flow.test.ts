import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/commands/manual-clock.ts';
import { targetOf, testUdp } from '../../../test/take-samples.ts';
import type { Attempt } from '../sample.ts';
import { SessionConversation } from './session-conversation.ts';
import { StickyFlow } from './sticky-flow.ts';
import type { Transport, TransportEvents } from './transport.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('should sample a session without line ends one request at a time, and not count the gaps', async () => {
  const clock = new ManualClock();
  const sent: string[] = [];
  let events: TransportEvents | undefined;
  const transport: Transport = {
    ...{ remote: '192.0.2.7:13', kind: 'stream', isReady: true },
    attach(to) {
      events = to;
    },
    silenceHint: () => '',
    send(bytes, done) {
      sent.push(bytes.toString());
      done();
    },
    close() {},
  };
  const conversation = new SessionConversation();
  const flow = new StickyFlow({
    ...{ clock, transport, conversation, silenceMs: 30_000, remembered: 1 },
    ...{ duplicate() {}, ended() {} },
  });
  const attempt = (sequence: number): Attempt => ({
    ...{ target: targetOf('session+tcp://192.0.2.7:13?flow=sticky'), run: 0, sequence },
    ...{
      startMs: clock.now(),
      deadlineMs: clock.now() + 2_000,
      clock,
      udp: testUdp.engine,
      signal: new AbortController().signal,
    },
  });
  const pass = (milliseconds: number): void => {
    clock.skip(clock.now() + milliseconds);
    vi.advanceTimersByTime(milliseconds);
  };
  const answer = (text: string): void => {
    pass(4);
    events?.received(Buffer.from(text));
  };

  const first = flow.ask(attempt(0), {});
  answer('2026-11-20 07:13:05 +0000 UTC m=+7.1');
  const second = flow.ask(attempt(1), {});
  expect(sent).toEqual(['timestamp-ns\n']);
  pass(60);
  expect(sent.slice(1)).toEqual(['timestamp-ms\n']);
  answer('2026-11-20 07:13:05 +0000 UTC m=+7.2');
  pass(60);
  // The second sample uses the format that the first one found.
  expect(sent.slice(2)).toEqual(['timestamp\n']);
  answer('1795158785');
  expect(sent.slice(3)).toEqual(['timestamp\n']);
  answer('1795158785');
  // Three round trips, without the gaps.
  expect(await first).toMatchObject({ result: { outcome: 'ok' }, endMs: 12, phases: { total: 12 } });
  // Due at 4 ms, but it had to wait for the first sample.
  expect(await second).toMatchObject({ result: { outcome: 'ok' }, endMs: clock.now() });
});
