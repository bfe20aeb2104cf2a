import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually.ts';
import type { Watched } from './fleet.ts';
import type { Load } from './load.ts';

const MAX_GUESTS = 4;
/** An interval so long that a target gets one request only. It stays in the file, as the baseline of the probe. */
const REST = '&interval=24h';

/** A targets file whose targets change. */
export class ChangingTargets implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'echo-daytime-soak-'));
  #watched: Watched | undefined;
  #changes = 0;

  /** Writes the file with the targets of a fleet at rest. @returns its path */
  create(watched: Watched): string {
    this.#watched = watched;
    this.#write([this.#resting()]);
    return this.#file;
  }

  /** Replaces the changing targets, and waits until the probe has the new ones. */
  async change(load: Load, probeUrl: string): Promise<void> {
    this.#changes += 1;
    const staying = [
      this.#url('echo-tcp', 'name=echo&flow=both'),
      this.#url('echo-udp', 'name=echo-udp&flow=both&size=1400'),
      this.#url('dialog-tcp', 'name=dialog&flow=both'),
      this.#url('daytime-tcp', 'name=daytime'),
      this.#url('session-tcp', 'name=session&flow=both'),
      this.#url('daytime-udp', 'name=daytime-udp&flow=both'),
    ];
    const guests = Array.from({ length: 1 + load.random.below(MAX_GUESTS) }, (_, index) => {
      const target = load.random.pick([
        this.#url('echo-tcp', `size=${24 + load.random.below(10_000)}&flow=both`),
        this.#url('echo-udp', `size=${24 + load.random.below(60_000)}&flow=both`),
        this.#url('dialog-tcp', 'flow=sticky'),
        this.#url('session-tcp', 'flow=both'),
        this.#url('daytime-udp', 'flow=both'),
        `tcp://127.0.0.1:${this.#port('daytime-tcp')}?interval=1s`,
      ]);
      const interval = target.includes('interval=') ? '' : `&interval=${100 + load.random.below(400)}ms`;
      return `${target}${interval}&name=guest-${this.#changes}-${index}`;
    });
    const targets = [this.#resting(), ...staying, ...guests];
    this.#write(targets);
    await followed(probeUrl, targets);
  }

  /** Restores the targets of a fleet at rest. */
  async rest(probeUrl: string): Promise<void> {
    this.#write([this.#resting()]);
    await followed(probeUrl, [this.#resting()]);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  get #file(): string {
    return join(this.#folder, 'targets.yaml');
  }

  #port(listener: Parameters<Watched>[0]): number {
    if (!this.#watched) throw new Error('the targets file has not been created yet');
    return this.#watched(listener);
  }

  #url(listener: Parameters<Watched>[0], query: string): string {
    return `${listener.replace('-', '+')}://127.0.0.1:${this.#port(listener)}?${query}`;
  }

  #resting(): string {
    return `tcp://127.0.0.1:${this.#port('daytime-tcp')}?name=rest${REST}`;
  }

  /** Replaces the file in one step, as editors do. */
  #write(urls: readonly string[]): void {
    const next = `${this.#file}.next`;
    const lines = urls.map((url) => `  - url: ${JSON.stringify(url)}\n`);
    writeFileSync(next, `defaults: { interval: 500ms, timeout: 10s }\ntargets:\n${lines.join('')}`);
    renameSync(next, this.#file);
  }
}

async function followed(probeUrl: string, targets: readonly string[]): Promise<void> {
  const wanted = [...new Set(targets.map((url) => /name=([\w-]+)/.exec(url)![1]!))].sort();
  await eventually(async () => {
    const answer = await fetch(`${probeUrl}/api/targets`, { headers: { connection: 'close' } });
    const { targets: shown } = (await answer.json()) as { targets: { name: string }[] };
    const names = [...new Set(shown.map(({ name }) => name))].sort();
    if (names.join() !== wanted.join()) throw new Error(`the probe has ${names}, the file ${wanted}`);
  });
}
