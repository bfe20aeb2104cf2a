import { execFileSync } from 'node:child_process';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** Flags of a response with recursion: no error, SERVFAIL, NXDOMAIN (RFC 1035, section 4.1.1). */
const FLAGS = { answer: 0x8180, failure: 0x8182, no_name: 0x8183 } as const;
const HEADER_BYTES = 12;
const TYPE = { 4: 1, 6: 28 } as const;
const PORT = 53;

/** The addresses of every name, or an error; `silence` sends no response. */
type Answer = readonly string[] | 'failure' | 'no_name' | 'silence';

/** The responses of the server, by family where they differ. */
export type Says = Answer | ByFamily;

interface ByFamily {
  readonly 4: Answer;
  readonly 6: Answer;
}

/** Why a program can't have its own resolver on this machine, or undefined. */
export function resolverProblem(): string | undefined {
  try {
    execFileSync('unshare', ['--mount', 'mount', '--bind', '/etc/hosts', '/etc/resolv.conf'], {
      stdio: 'pipe',
    });
    return undefined;
  } catch (error) {
    return `no resolver of our own: ${(error as Error).message.split('\n')[0]}`;
  }
}

/** A name server on its own loopback address. It gives the same response for every name, as the test sets it. */
export class NameServer implements AsyncDisposable {
  readonly address: string;
  says: Says = [];
  /** Number of received queries for IPv4 addresses. */
  queries = 0;
  readonly #socket = createSocket('udp4');

  static async start(address: string): Promise<NameServer> {
    const server = new NameServer(address);
    server.#socket.bind(PORT, address);
    await once(server.#socket, 'listening');
    return server;
  }

  private constructor(address: string) {
    this.address = address;
    this.#socket.on('message', (query, from) => this.#answer(query, from));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #answer(query: Buffer, { address, port }: RemoteInfo): void {
    const nameEnd = query.indexOf(0, HEADER_BYTES) + 1;
    const question = query.subarray(HEADER_BYTES, nameEnd + 4);
    const type = query.readUInt16BE(nameEnd);
    if (type === TYPE[4]) this.queries += 1;
    const says = this.#answerOf(type);
    if (says === 'silence') return;
    const all = typeof says === 'string' ? [] : says;
    const records = all.filter((one) => TYPE[isIPv6(one) ? 6 : 4] === type).map((one) => record(one, type));
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    header.writeUInt16BE(FLAGS[typeof says === 'string' ? says : 'answer'], 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    this.#socket.send(Buffer.concat([header, question, ...records]), port, address);
  }

  #answerOf(type: number): Answer {
    return isByFamily(this.says) ? this.says[type === TYPE[6] ? 6 : 4] : this.says;
  }
}

function isByFamily(says: Says): says is ByFamily {
  return typeof says === 'object' && !Array.isArray(says);
}

/** A resource record of the requested name, with a TTL of 0. */
function record(address: string, type: number): Buffer {
  const data = bytesOf(address);
  const head = Buffer.alloc(12);
  // A pointer to the name in the question, section 4.1.4.
  head.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [left = [], right = []] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
