import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';

/** Ends when the given parent process ends, for any reason. */
const LOOP = 'const parent = Number(process.argv[1]); while (process.ppid === parent);';

/** Leaves a sixth of a core to processes at SCHED_IDLE (sched_prio_to_weight of Linux); loops without nice leave 0.3 %. */
const NICE = 19;

/** Programs that take a core each, from what runs at SCHED_IDLE beside them, and go before it. */
export class BusyLoops {
  readonly launcher = ['chrt', '--idle', '0'];
  readonly #loops: readonly ChildProcess[];

  constructor(count: number) {
    this.#loops = Array.from({ length: count }, () =>
      spawn(process.execPath, ['--eval', LOOP, `${process.pid}`], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    for (const { pid } of this.#loops) if (pid !== undefined) setPriority(pid, NICE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exits = this.#loops.map((loop) => once(loop, 'exit'));
    for (const loop of this.#loops) loop.kill('SIGKILL');
    await Promise.all(exits);
  }
}
