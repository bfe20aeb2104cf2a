import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';

const ANSWER_TIMEOUT_MS = 5_000;

/** A client program of another project: it sends its stdin, and prints what it receives to stdout. */
export class ForeignClient implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<number | null>;
  readonly #events = new EventEmitter<{ change: [] }>();
  #stdout = Buffer.alloc(0);
  #stderr = '';
  #ended = false;

  constructor(program: string, ...args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: 'pipe' });
    this.#exited = once(this.#child, 'close').then(([code]) => {
      this.#ended = true;
      this.#events.emit('change');
      return code;
    });
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#stdout = Buffer.concat([this.#stdout, chunk]);
      this.#events.emit('change');
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    // A client that ends before it has taken all its input shows in its output.
    this.#child.stdin.on('error', () => {});
  }

  send(bytes: Uint8Array | string): void {
    this.#child.stdin.write(bytes);
  }

  /** The next bytes on its stdout, exactly so many. */
  async receive(count: number): Promise<Buffer> {
    return await this.#take(() => (this.#stdout.length >= count ? count : undefined), `${count} bytes`);
  }

  /** The next line on its stdout, with its end. */
  async receiveLine(): Promise<string> {
    const line = await this.#take(() => {
      const at = this.#stdout.indexOf('\n');
      return at < 0 ? undefined : at + 1;
    }, 'a line');
    return line.toString('latin1');
  }

  endInput(bytes: Uint8Array | string = ''): void {
    this.#child.stdin.end(bytes);
  }

  /** Ends its input and waits for its own end; `rest` is what is left of its stdout. */
  async finish(
    input: Uint8Array | string = '',
  ): Promise<{ code: number | null; rest: Buffer; stderr: string }> {
    this.endInput(input);
    const code = await this.#exited;
    return { code, rest: this.#stdout, stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #take(due: () => number | undefined, wanted: string): Promise<Buffer> {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    for (;;) {
      const count = due();
      if (count !== undefined) {
        const taken = this.#stdout.subarray(0, count);
        this.#stdout = this.#stdout.subarray(count);
        return taken;
      }
      if (this.#ended || signal.aborted) {
        const state = this.#ended ? 'ended' : `waited ${ANSWER_TIMEOUT_MS} ms`;
        throw new Error(`${state} without ${wanted}; stdout ${this.#stdout.length} bytes; ${this.#stderr}`);
      }
      await once(this.#events, 'change', { signal }).catch(() => {});
    }
  }
}
