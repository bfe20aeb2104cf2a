import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { UdpSocketDrops } from './udp-socket-drops.ts';

/** More than any receive buffer that a socket has by default. */
const DATAGRAMS = 5_000;
const PAYLOAD = Buffer.alloc(1_024);

/** A socket that counts what it receives. */
class Receiver implements AsyncDisposable {
  received = 0;
  readonly #socket: Socket;

  static async open(address: string, port = 0): Promise<Receiver> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.bind(port, address);
    await once(socket, 'listening');
    return new Receiver(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', () => {
      this.received += 1;
    });
  }

  get bound() {
    const { address, port } = this.#socket.address();
    return { listener: 'flooded', protocol: 'udp', address, port } as const;
  }

  /** Sends more than the receive buffer holds. This thread is also the reader and does not read meanwhile. */
  async flood(): Promise<void> {
    const { address, port } = this.bound;
    await flood(address, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

async function flood(address: string, port: number): Promise<void> {
  const sender = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  sender.connect(port, address);
  await once(sender, 'connect');
  for (let sent = 0; sent < DATAGRAMS; sent += 1) sender.send(PAYLOAD);
  await new Promise<void>((resolve) => sender.close(resolve));
}

describe('drops at UDP sockets', skipFor(notLinux), () => {
  it.each(['127.0.0.1', '::1'])(
    'should be all datagrams that reached %s and were not received',
    async (address) => {
      await using receiver = await Receiver.open(address);
      const drops = new UdpSocketDrops(['flooded']);
      expect(drops.read([receiver.bound]).get('flooded')).toBe(0);
      await receiver.flood();
      await eventually(() => {
        expect(receiver.received + drops.read([receiver.bound]).get('flooded')!).toBe(DATAGRAMS);
      });
      expect(receiver.received).toBeLessThan(DATAGRAMS);
    },
  );

  it('should add to the drops of an earlier socket', async () => {
    const drops = new UdpSocketDrops(['flooded']);
    let total: number;
    let port: number;
    {
      await using first = await Receiver.open('127.0.0.1');
      ({ port } = first.bound);
      await first.flood();
      total = drops.read([first.bound]).get('flooded')!;
      expect(total).toBeGreaterThan(0);
    }
    expect(drops.read([]).get('flooded')).toBe(total);
    await using second = await Receiver.open('127.0.0.1', port);
    expect(drops.read([second.bound]).get('flooded')).toBe(total);
    await second.flood();
    expect(drops.read([second.bound]).get('flooded')).toBeGreaterThan(total);
  });

  it('should not include drops of another process on the same port', async () => {
    await using own = await Receiver.open('127.0.0.1');
    const { port } = own.bound;
    const other = spawn(process.execPath, ['--eval', blockedReceiver('127.0.0.2', port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(createInterface(other.stdout), 'line');
      await flood('127.0.0.2', port);
      expect(droppedAt('0200007F', port)).toBeGreaterThan(0);
      const drops = new UdpSocketDrops(['flooded']);
      expect(drops.read([own.bound]).get('flooded')).toBe(0);
      expect(drops.read([own.bound]).get('flooded')).toBe(0);
    } finally {
      other.kill('SIGKILL');
    }
  });
});

/** The kernel's own count, whichever process has the socket. @param address as /proc/net/udp writes it */
function droppedAt(address: string, port: number): number {
  const local = `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/udp', 'latin1').split('\n');
  return Number(
    lines
      .find((line) => line.includes(` ${local} `))
      ?.split(/\s+/)
      .at(-2),
  );
}

/** A program that binds a port and then sleeps in a system call, so that its socket overflows. */
function blockedReceiver(address: string, port: number): string {
  return `
    const socket = require('node:dgram').createSocket('udp4');
    socket.bind(${port}, '${address}', () => {
      require('node:fs').writeSync(1, 'bound\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
}
