import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CLIENT_CORE, pinned, standingBack } from '../service.ts';

export interface Attack {
  /**
   * `hold` asks one thing and stays; `mute` sends and never reads; `drip` sends a byte a second; `reset` connects and
   * resets for as long as it lasts; `flood` sends datagrams.
   */
  readonly kind: 'hold' | 'mute' | 'drip' | 'reset' | 'flood';
  readonly port: number;
  /** Connections; of `reset` how many at once, of `flood` datagrams per second. */
  readonly clients: number;
  /** What each client of `mute` sends, in whole chunks; as much as it can without it. */
  readonly bytesEach?: number;
  /** Source addresses over which they are spread. */
  readonly sources: number;
}

export interface Report {
  readonly event: 'ready' | 'done';
  /** Connections that were served, of `mute` and `reset` established. */
  readonly opened: number;
  /** By RST, before an answer. */
  readonly refused: number;
  /** Connections that ended, or never came about, in any other way. */
  readonly wrong: number;
  /** Bytes of `drip` and `hold`, datagrams of `flood`. */
  readonly sent: number;
  readonly answered: number;
  /** Connections that are open. */
  readonly held: number;
  /** Since it was ready. */
  readonly seconds: number;
}

const ATTACKER = fileURLToPath(new URL('./attacker.ts', import.meta.url));

/** The clients of an attack, in a process of their own. */
export class Attacker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #reports: Report[] = [];
  readonly #events = new EventEmitter();
  readonly #exited: Promise<unknown>;

  /** @param standsBack where somebody measures latency beside it: the attackers have what it leaves of the core */
  constructor(attack: Attack, standsBack = false) {
    const attackers = [process.execPath, ATTACKER, JSON.stringify(attack)];
    const [program, ...args] = standsBack ? pinned(CLIENT_CORE, standingBack(attackers)) : attackers;
    this.#child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#exited = once(this.#child, 'close').then(() => this.#events.emit('report'));
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#reports.push(JSON.parse(line) as Report);
      this.#events.emit('report');
    });
  }

  /** Once all clients are there. */
  async ready(): Promise<Report> {
    return this.#report(0);
  }

  /** Ends the attack; what became of it to the last. */
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
