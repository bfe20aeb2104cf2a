import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

let echo: ServiceProcess;
beforeAll(async () => {
  echo = await ServiceProcess.start('echo');
});
afterAll(() => echo[Symbol.asyncDispose]());

/** Connections that have been served before, all asking at once while the service stands still. */
class Crowd implements Disposable {
  readonly #size: number;
  #halted: Disposable | undefined;
  readonly #members: TcpClient[] = [];
  readonly #answered: TcpClient[] = [];

  static async of(size: number): Promise<Crowd> {
    const crowd = new Crowd(size);
    const members = await Promise.all(Array.from({ length: size }, () => crowd.#join()));
    await Promise.all(members.map((member) => member.ask('here')));
    crowd.#halted = await echo.halt();
    return crowd;
  }

  private constructor(size: number) {
    this.#size = size;
  }

  /** All but newcomers ask, in the order in which they came. */
  async ask(): Promise<void> {
    for (const member of this.#members.slice(0, this.#size)) await this.#ask(member);
  }

  /** Somebody connects and asks. */
  async newcomer(): Promise<TcpClient> {
    const newcomer = await this.#join();
    await this.#ask(newcomer);
    return newcomer;
  }

  /** Lets the service go on. @returns who were answered, in that order */
  async answers(): Promise<readonly TcpClient[]> {
    const all = Promise.all(this.#members.map(({ socket }) => once(socket, 'data')));
    this.#halted?.[Symbol.dispose]();
    await all;
    return this.#answered;
  }

  [Symbol.dispose](): void {
    this.#halted?.[Symbol.dispose]();
    for (const member of this.#members) member[Symbol.dispose]();
  }

  async #join(): Promise<TcpClient> {
    const client = await TcpClient.connect(echo.port('echo-tcp'));
    this.#members.push(client);
    return client;
  }

  async #ask(client: TcpClient): Promise<void> {
    client.socket.once('data', () => this.#answered.push(client));
    const { promise: sent, resolve } = Promise.withResolvers<unknown>();
    client.socket.write('?', resolve);
    await sent;
  }
}

describe('whoever has just come', () => {
  it('should be answered before those who asked behind them', async () => {
    using crowd = await Crowd.of(100);
    const newcomer = await crowd.newcomer();
    await crowd.ask();
    const answered = await crowd.answers();
    expect(answered.indexOf(newcomer)).toBe(0);
  });

  it('should not have to wait until all who asked before them are answered', async () => {
    using crowd = await Crowd.of(500);
    await crowd.ask();
    const newcomer = await crowd.newcomer();
    const answered = await crowd.answers();
    expect(answered.indexOf(newcomer)).toBeLessThan(100);
  });
});
