import { fstatSync, writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { OutputError } from './errors.ts';

type WriteStream = NodeJS.WriteStream & { readonly fd: 1 | 2 };

/** What a command writes to, and whether it could. */
export class StandardStreams {
  readonly #report: (error: OutputError) => void;
  #haveFailed = false;

  /** @param report is told once, when standard output can't be written; of standard error there is nobody to tell */
  constructor(report: (error: OutputError) => void) {
    this.#report = report;
    for (const stream of [process.stdout, process.stderr]) {
      writeWhole(stream);
      stream.on('error', (error) => this.#failed(stream, error));
    }
  }

  get haveFailed(): boolean {
    return this.#haveFailed;
  }

  /** Waits until all is written, or can't be. */
  async written(): Promise<void> {
    for (const stream of [process.stdout, process.stderr]) {
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
    }
  }

  #failed(stream: WriteStream, error: NodeJS.ErrnoException): void {
    // A reader that has enough, such as `head`, is no failure.
    if (error.code === 'EPIPE' || this.#haveFailed) return;
    this.#haveFailed = true;
    if (stream === process.stdout) this.#report(new OutputError('standard output', error));
  }
}

/**
 * Node's stream for a file calls a write done of which the system took a part, as it does on a disk that gets full.
 * https://github.com/nodejs/node/blob/v26.x/lib/internal/fs/sync_write_stream.js
 */
function writeWhole(stream: WriteStream): void {
  if (!fstatSync(stream.fd).isFile()) return;
  (stream as Writable)._write = (chunk: Buffer, _encoding, done) => {
    try {
      writeFileSync(stream.fd, chunk);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}
