import { fstatSync, writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { OutputError } from './errors.ts';

type WriteStream = NodeJS.WriteStream & { readonly fd: 1 | 2 };

/** Standard output and standard error, and whether writing to them failed. */
export class StandardStreams {
  readonly #report: (error: OutputError) => void;
  #haveFailed = false;

  /** @param report called once, when standard output can't be written; a failure of standard error can't be reported */
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

  /** Waits until everything is written, or has failed. */
  async written(): Promise<void> {
    for (const stream of [process.stdout, process.stderr]) {
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
    }
  }

  #failed(stream: WriteStream, error: NodeJS.ErrnoException): void {
    // A reader such as `head` closes the pipe when it has enough: no failure.
    if (error.code === 'EPIPE' || this.#haveFailed) return;
    this.#haveFailed = true;
    if (stream === process.stdout) this.#report(new OutputError('standard output', error));
  }
}

/**
 * Writes all of a chunk or fails. Node's stream for files takes a partial write, as on a full disk, for a complete one.
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
