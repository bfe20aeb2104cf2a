import { SingleBar } from 'cli-progress';
import { systemClock } from '../../sampling/clock.ts';
import { count, counted, ms } from '../../stats/format.ts';
import { type LiveFigures, LiveWindow } from './live-window.ts';
import type { LoadObserver } from './run.ts';

/** The figures are of the last second. */
const WINDOW_MS = 1_000;
const LINE_INTERVAL_MS = 1_000;
const BAR_INTERVAL_MS = 250;
const MS_PER_SECOND = 1_000;

/** Shows a load as it runs: a bar on a terminal, a line a second elsewhere. */
export function showProgress(stream: NodeJS.WriteStream, durationMs: number): LoadObserver {
  const display = stream.isTTY ? new ProgressBar(stream, durationMs) : new ProgressLines(stream);
  let timer: NodeJS.Timeout | undefined;
  let startMs = 0;
  return {
    failed: (words) => void stream.write(`note: ${words}\n`),
    started(read) {
      startMs = systemClock.now();
      const window = new LiveWindow(WINDOW_MS, startMs, read());
      timer = setInterval(() => {
        const now = systemClock.now();
        display.show(now - startMs, window.add(now, read()));
      }, display.intervalMs);
    },
    ended() {
      clearInterval(timer);
      display.end(systemClock.now() - startMs);
    },
  };
}

interface ProgressDisplay {
  readonly intervalMs: number;
  show(elapsedMs: number, figures: LiveFigures): void;
  end(elapsedMs: number): void;
}

class ProgressLines implements ProgressDisplay {
  readonly intervalMs = LINE_INTERVAL_MS;
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(elapsedMs: number, figures: LiveFigures): void {
    this.#stream.write(`${Math.round(elapsedMs / MS_PER_SECOND)} s: ${liveWords(figures)}\n`);
  }

  end(): void {}
}

class ProgressBar implements ProgressDisplay {
  readonly intervalMs = BAR_INTERVAL_MS;
  readonly #bar: SingleBar;
  readonly #durationMs: number;
  #figures = 'starting';

  constructor(stream: NodeJS.WriteStream, durationMs: number) {
    this.#durationMs = durationMs;
    this.#bar = new SingleBar({
      stream,
      format: '{bar} {percentage}% | {figures}',
      barsize: 20,
      barCompleteChar: '#',
      barIncompleteChar: '-',
      hideCursor: true,
      // The command handles Ctrl-C itself and ends with a report.
      gracefulExit: false,
    });
    this.#bar.start(durationMs, 0, { figures: this.#figures });
  }

  show(elapsedMs: number, figures: LiveFigures): void {
    this.#figures = liveWords(figures);
    this.#update(elapsedMs);
  }

  end(elapsedMs: number): void {
    this.#update(elapsedMs);
    this.#bar.stop();
  }

  #update(elapsedMs: number): void {
    this.#bar.update(Math.min(elapsedMs, this.#durationMs), { figures: this.#figures });
  }
}

/** `52,341/s, p50 0.181 ms, p99 0.612 ms, 0 errors` */
export function liveWords({ messagesPerSecond, p50Ms, p99Ms, errors }: LiveFigures): string {
  const latencies =
    p50Ms === undefined || p99Ms === undefined ? 'no answer' : `p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}`;
  return `${count(messagesPerSecond)}/s, ${latencies}, ${counted(errors, 'error')}`;
}
