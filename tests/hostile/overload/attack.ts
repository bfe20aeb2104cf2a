import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CLIENT_CORE, pinned, withLowPriority } from '../service.ts';

export interface Attack {
  /**
   * `hold` sends one request and stays; `mute` sends and never reads; `drip` sends a byte per second; `reset` connects
   * and resets all the time; `flood` sends datagrams.
   */
  readonly kind: 'hold' | 'mute' | 'drip' | 'reset' | 'flood';
  readonly port: number;
  /** Number of connections; `reset`: at once; `flood`: datagrams per second. */
  readonly clients: number;
  /** Bytes that each client of `mute` sends, in whole chunks; undefined = as many as possible. */
  readonly bytesEach?: number;
  /** Number of source addresses of the clients. */
  readonly sources: number;
}

export interface Report {
  readonly event: 'ready' | 'done';
  /** Connections that were served; `mute` and `reset`: that were established. */
  readonly opened: number;
  /** Connections that were reset before a reply. */
  readonly refused: number;
  /** Connections that failed or ended in any other way. */
  readonly wrong: number;
  /** `drip` and `hold`: bytes; `flood`: datagrams. */
  readonly sent: number;
  readonly answered: number;
  /** Connections that are open now. */
  readonly held: number;
  /** Time since the attack was ready. */
  readonly seconds: number;
}

const ATTACKER = fileURLToPath(new URL('./attacker.ts', import.meta.url));

/** The clients of an attack, in their own process. */
export class Attacker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #reports: Report[] = [];
  readonly #events = new EventEmitter();
  readonly #exited: Promise<unknown>;

  /** @param lowPriority true beside a client that measures latency: the attackers use only idle time of the core */
  constructor(attack: Attack, lowPriority = false) {
    const attackers = [process.execPath, ATTACKER, JSON.stringify(attack)];
    const [program, ...args] = lowPriority ? pinned(CLIENT_CORE, withLowPriority(attackers)) : attackers;
    this.#child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#exited = once(this.#child, 'close').then(() => this.#events.emit('report'));
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#reports.push(JSON.parse(line) as Report);
      this.#events.emit('report');
    });
  }

  /** Resolves when all clients are connected. */
  async ready(): Promise<Report> {
    return this.#report(0);
  }

  /** Ends the attack; resolves with the final report. */
  async stop(): Promise<Report> {
    this.#child.stdin?.end();
    await this.#exited;
    return this.#report(this.#reports.length - 1);
  }

  async #report(index: number): Promise<Report> {
    while (this.#reports[index] === undefined) {
      if (this.#child.exitCode !== null) throw new Error(`the attacker ended with ${this.#child.exitCode}`);
      await once(this.#events, 'report');
    }
    return this.#reports[index]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
