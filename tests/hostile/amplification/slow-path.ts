import { setTimeout as delay } from 'node:timers/promises';
import { UdpClient } from '../../harness/udp-client.ts';
import { Promises, type Scenario } from '../scenario.ts';
import { startService } from '../service.ts';
import { BURST_SECONDS, FORGED, maxReplies, RATE, settingsOf, trafficOf } from './loops.ts';

/** Delay of the slow path in each direction. Milliseconds. */
const DELAY_MS = 5;
const SLOW_LOOP_SECONDS = 3;
/** A fifth of the rate shows, even on a busy machine, that the loop goes on. */
const MIN_SHARE_OF_RATE = 0.2;

/** On a path this slow a loop stays below the rate limit, so it goes on, at up to this rate. */
export const slowLoop: Scenario = {
  name: 'two services set on each other over a slow path',
  area: 'amplification',
  // In brief: packages/sockets/src/policy/source-limits.test.ts, and the loops on other ports.
  seconds: { brief: 0, full: 6 },
  async run() {
    const promises = new Promises();
    await using echo = await startService('echo', settingsOf('echo-udp', 0));
    await using daytime = await startService('udp-daytime', settingsOf('daytime-udp', 0));
    const daytimePort = daytime.port('daytime-udp');
    await using path = await SlowPath.open(echo.port('echo-udp'), daytimePort);
    const startedAt = performance.now();
    for (let sent = 0; sent < FORGED; sent += 1) path.nextToOther.send('?', daytimePort);
    await delay(SLOW_LOOP_SECONDS * 1_000);
    const look = async () =>
      Promise.all([echo, daytime].map(async (each) => trafficOf(await each.metrics())));
    const seen = await look();
    const seconds = (performance.now() - startedAt) / 1_000;
    const most = maxReplies(seconds);
    for (const { sent } of seen) {
      promises.expect(
        sent <= most,
        `No more than ${most} answers may be sent by each in ${seconds.toFixed(1)} s.`,
        seen,
      );
    }
    // A loop that has ended would not show that the rate limits a loop that goes on.
    const least = MIN_SHARE_OF_RATE * RATE * seconds;
    promises.expect(
      seen.every(({ sent }) => sent >= least),
      `The loop must go on, with ${least.toFixed()} answers.`,
      seen,
    );
    return {
      load: `${FORGED} datagrams to udp-daytime, forged to come from echo, ${DELAY_MS} ms away`,
      lost: 'none of a client',
      figures: {
        'answers sent by each in a second': (Math.max(...seen.map(({ sent }) => sent)) / seconds).toFixed(),
        'allowed by RATE_PER_SOURCE': `${RATE}, and a burst of ${BURST_SECONDS * RATE}`,
      },
      broken: promises.broken,
    };
  },
};

/** A relay between two services: each end passes the datagrams of its service on to the other end, with a delay. */
class SlowPath implements AsyncDisposable {
  readonly nextToOne: UdpClient;
  readonly nextToOther: UdpClient;
  readonly #underWay = new Set<NodeJS.Timeout>();

  static async open(onePort: number, otherPort: number): Promise<SlowPath> {
    return new SlowPath(await UdpClient.open(), await UdpClient.open(), onePort, otherPort);
  }

  private constructor(nextToOne: UdpClient, nextToOther: UdpClient, onePort: number, otherPort: number) {
    this.nextToOne = nextToOne;
    this.nextToOther = nextToOther;
    this.#pass(nextToOne, nextToOther, otherPort);
    this.#pass(nextToOther, nextToOne, onePort);
  }

  #pass(from: UdpClient, to: UdpClient, port: number): void {
    from.socket.on('message', (message) => {
      const timer = setTimeout(() => {
        this.#underWay.delete(timer);
        to.send(message, port);
      }, DELAY_MS);
      this.#underWay.add(timer);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of [this.nextToOne, this.nextToOther]) client.socket.removeAllListeners('message');
    for (const timer of this.#underWay) clearTimeout(timer);
    await this.nextToOne[Symbol.asyncDispose]();
    await this.nextToOther[Symbol.asyncDispose]();
  }
}
