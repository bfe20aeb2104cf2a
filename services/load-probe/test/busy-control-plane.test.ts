import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { type Peer, udpPeer } from './peers.ts';
import { readEvents } from './sse.ts';

const TARGETS = 20;
const STRETCH_MS = 3_000;
const PAGES = 24;
const SCRAPERS = 6;

const ROUNDS = 6;
/** Of the samples that start in time while it is quiet, so many must do so while it is not. */
const IN_TIME_SHARE = 0.8;

/** A sample that starts this soon after it was due is in time. */
const SOON_S = 0.01;

interface Figures {
  readonly samples: number;
  /** Samples that started in time. */
  readonly soon: number;
}

interface Stretch {
  /** The share of samples that started in time. */
  readonly inTime: number;
  /** How long a scrape took at the end of it, the median of a few. */
  readonly scrapeMs: number;
}

describe('a busy control plane', () => {
  let peer: Peer;
  let service: ServiceProcess;
  beforeAll(async () => {
    peer = await udpPeer((bytes, reply) => reply(bytes));
    const urls = Array.from(
      { length: TARGETS },
      (_, index) => `echo+udp://127.0.0.1:${peer.port}?name=t${index}`,
    );
    service = await ServiceProcess.start('load-probe', { TARGETS: urls.join(), INTERVAL: '50ms' });
  });
  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    await peer?.[Symbol.asyncDispose]();
  });

  async function figures(): Promise<Figures> {
    const metrics = await service.metrics();
    return {
      samples: metrics.value('l4_probe_schedule_lag_seconds_count'),
      soon: metrics.value('l4_probe_schedule_lag_seconds_bucket', { le: `${SOON_S}` }),
    };
  }

  /** What the next seconds come to. */
  async function observe(): Promise<Stretch> {
    const before = await figures();
    await delay(STRETCH_MS);
    const after = await figures();
    const inTime = (after.soon - before.soon) / (after.samples - before.samples);
    return { inTime, scrapeMs: await medianScrapeMs() };
  }

  async function medianScrapeMs(): Promise<number> {
    const times: number[] = [];
    for (let scrapes = 0; scrapes < 7; scrapes += 1) {
      const askedMs = performance.now();
      await figures();
      times.push(performance.now() - askedMs);
    }
    return times.sort((one, other) => one - other)[3]!;
  }

  /** Opens pages and scrapes without a pause until stopped; tells how often it was answered. */
  function hammer(): { stop(): Promise<number> } {
    const stopping = new AbortController();
    const { signal } = stopping;
    let answers = 0;
    const until = async (work: () => Promise<void>): Promise<void> => {
      while (!signal.aborted) {
        await work().catch((error: Error) => {
          if (!signal.aborted) throw error;
        });
        answers += 1;
      }
    };
    const work = [
      ...Array.from({ length: SCRAPERS }, () => async (): Promise<void> => {
        await (await fetch(`${service.adminUrl}/metrics`, { signal })).text();
      }),
      // A page that is opened anew gets the whole recent history each time.
      ...Array.from({ length: PAGES }, () => async (): Promise<void> => {
        let events = 0;
        for await (const _ of readEvents(`${service.adminUrl}/api/events`, signal)) {
          events += 1;
          if (events === 4) break;
        }
      }),
    ];
    const done = Promise.all(work.map(until));
    return {
      async stop() {
        stopping.abort();
        await done;
        return answers;
      },
    };
  }

  it('should not move the measurement', { timeout: 60_000 }, async () => {
    let best = 0;
    // Whatever else runs on the machine can only make it look worse: the best of a few rounds counts.
    for (let round = 0; round < ROUNDS && best <= IN_TIME_SHARE; round += 1) {
      const quiet = await observe();
      const hammering = hammer();
      const busy = await observe();
      const answers = await hammering.stop();
      expect(answers).toBeGreaterThan(50);
      // Otherwise nobody was busy, or something else was in the quiet stretch too.
      if (busy.scrapeMs > quiet.scrapeMs * 2) best = Math.max(best, busy.inTime / quiet.inTime);
    }
    // In one thread with the scrapes hardly any sample would start in time.
    expect(best).toBeGreaterThan(IN_TIME_SHARE);
  });
});
