import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { NODE } from '../../../tests/harness/main-module.ts';
import type { Namespace } from '../../../tests/harness/namespace.ts';
import type { Ended } from './program.ts';

/** For each line with a module it prints a line of JSON with how it ended. */
const HOST = `
  const imported = import(${JSON.stringify(new URL('program.ts', import.meta.url).href)});
  require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
    const { id, module, args } = JSON.parse(line);
    const ended = await (await imported).runModule(module, args, process.env);
    console.log(JSON.stringify({ id, ended }));
  });`;

/** A process in a namespace that runs programs in threads, because a process for each takes three times the CPU. */
export class ThreadHost {
  readonly #input: NodeJS.WritableStream;
  readonly #waiting = new Map<number, (ended: Ended) => void>();
  readonly #end: Promise<never>;
  #begun = 0;

  /** The process ends with the namespace. @param node command of Node, with its flags */
  constructor(namespace: Namespace, node: readonly string[] = NODE) {
    const child = namespace.start(...node, '-e', HOST);
    this.#input = child.stdin!;
    let stderr = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const { id, ended } = JSON.parse(line) as { readonly id: number; readonly ended: Ended };
      this.#waiting.get(id)?.(ended);
      this.#waiting.delete(id);
    });
    this.#end = once(child, 'close').then(() => {
      throw new Error(`the host of threads has ended: ${stderr}`);
    });
    this.#end.catch(() => {});
  }

  /** Runs a main module with these arguments. Tests of signals and of the process itself start one. */
  run(module: string, args: readonly string[]): Promise<Ended> {
    const id = this.#begun++;
    this.#input.write(`${JSON.stringify({ id, module, args })}\n`);
    return Promise.race([this.#end, new Promise<Ended>((resolve) => this.#waiting.set(id, resolve))]);
  }
}
