import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

let echo: ServiceProcess;
beforeAll(async () => {
  echo = await ServiceProcess.start('echo');
});
afterAll(() => echo[Symbol.asyncDispose]());

/** Connections that have been served before. All send a request while the service is stopped. */
class ServedConnections implements Disposable {
  readonly #servedCount: number;
  #halted: Disposable | undefined;
  readonly #members: TcpClient[] = [];
  readonly #answered: TcpClient[] = [];

  static async of(size: number): Promise<ServedConnections> {
    const served = new ServedConnections(size);
    const members = await Promise.all(Array.from({ length: size }, () => served.#join()));
    await Promise.all(members.map((member) => member.ask('here')));
    served.#halted = await echo.halt();
    return served;
  }

  private constructor(size: number) {
    this.#servedCount = size;
  }

  /** Every served connection sends a request, in the order in which they connected. */
  async ask(): Promise<void> {
    for (const member of this.#members.slice(0, this.#servedCount)) await this.#ask(member);
  }

  /** A new client connects and sends a request. */
  async newcomer(): Promise<TcpClient> {
    const newcomer = await this.#join();
    await this.#ask(newcomer);
    return newcomer;
  }

  /** Lets the service continue. @returns the clients in the order in which they got their replies */
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

describe('a new connection', () => {
  it('should be answered before older connections whose requests came later', async () => {
    using served = await ServedConnections.of(100);
    const newcomer = await served.newcomer();
    await served.ask();
    const answered = await served.answers();
    expect(answered.indexOf(newcomer)).toBe(0);
  });

  it('should not have to wait for all requests that came earlier', async () => {
    using served = await ServedConnections.of(500);
    await served.ask();
    const newcomer = await served.newcomer();
    const answered = await served.answers();
    expect(answered.indexOf(newcomer)).toBeLessThan(100);
  });
});
