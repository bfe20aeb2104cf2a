import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plain, tableOf } from '../harness/markdown.ts';
import { skipFor } from '../harness/skip-for.ts';
import { ECHO_PORT, FaultLab, TARGET } from './fault-lab.ts';
import { faults } from './faults.ts';

const NEXT_HOPS = 4;
const PORTS = Array.from({ length: 32 }, (_, index) => 40_000 + index);
const BROKEN = 2;

/**
 * Sends from each port again and again until those that are waited for had three replies, and prints who had any. Its
 * sockets are connected: their packets bring a hash of the socket along, which must not pick the next hop.
 */
const SEND = `
  import { createSocket } from 'node:dgram';
  const [host, port, waitedFor, ...ports] = process.argv.slice(1);
  const replies = new Map();
  const sockets = await Promise.all(ports.map(async (own) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', () => {});
    socket.on('message', () => {
      replies.set(own, (replies.get(own) ?? 0) + 1);
      if (!JSON.parse(waitedFor).every((one) => replies.get(String(one)) >= 3)) return;
      console.log(JSON.stringify([...replies.keys()].map(Number).sort()));
      process.exit();
    });
    await new Promise((resolve) => socket.bind(Number(own), resolve));
    await new Promise((resolve) => socket.connect(Number(port), host, resolve));
    return socket;
  }));
  setInterval(() => { for (const socket of sockets) socket.send('x'); }, 20);`;

describe('the fault lab', skipFor(FaultLab.problem()), () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = new FaultLab({ nextHops: NEXT_HOPS });
    await lab.startEcho();
  });
  afterAll(() => lab[Symbol.dispose]());

  /** Ports that had a reply by the time at which each of those that are waited for had some. */
  async function answered(host: string, waitedFor: readonly number[]): Promise<readonly number[]> {
    const args = [host, ECHO_PORT, JSON.stringify(waitedFor), ...PORTS].map(String);
    return JSON.parse(await lab.client.evaluate(SEND, ...args));
  }

  it('should lose what the kernel sends to the dead next hop, and no more', async () => {
    const hops = lab.nextHopsOf(PORTS.map((sourcePort) => ({ sourcePort, protocol: 'udp' })));
    expect(new Set(hops).size).toBe(NEXT_HOPS);
    const good = PORTS.filter((_, index) => hops[index] !== BROKEN);
    lab.break('dead next hop', BROKEN);
    expect(await answered(TARGET.v4, good)).toEqual(good);
    lab.mend();
    expect(await answered(TARGET.v4, PORTS)).toEqual(PORTS);
  });

  it('should reach the target over IPv6', async () => {
    lab.mend();
    expect(await answered(TARGET.v6, PORTS)).toEqual(PORTS);
  });

  it.each(Object.keys(faults) as (keyof typeof faults)[])(
    'should take the rules of every fault: %s',
    (name) => {
      expect(() => lab.break(name, BROKEN)).not.toThrow();
    },
  );
});

it('should have each fault in its README, with its cause and its control', () => {
  const rows = Object.entries(faults).map(([name, { cause, control, does, place }]) => [
    ...[name, does, place, cause, control],
  ]);
  expect(tableOf('tests/network/README.md', 'Faults').map((row) => row.map(plain))).toEqual(rows);
});
