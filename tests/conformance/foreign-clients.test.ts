import { randomBytes } from 'node:crypto';
import { parseDaytime } from '@echo-daytime/daytime-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { programProblem } from '../harness/programs.ts';
import { ServiceProcess } from '../harness/service-process.ts';
import { skipFor } from '../harness/skip-for.ts';
import { ForeignClient } from './foreign-client.ts';

const LINES = 'first line\r\nsecond line\n\n\tfourth, and no end';
const BINARY = randomBytes(300_000);
const DATAGRAMS = ['one\n', 'another, longer\n', '\0\x01\n'];
/** What a line may lag behind the clock of this test on a busy machine. */
const CLOCK_TOLERANCE_MS = 10_000;

const services = new AsyncDisposableStack();
let echo: ServiceProcess;
let daytime: ServiceProcess;
let udpDaytime: ServiceProcess;

beforeAll(async () => {
  echo = services.use(await ServiceProcess.start('echo'));
  daytime = services.use(await ServiceProcess.start('daytime'));
  udpDaytime = services.use(await ServiceProcess.start('udp-daytime'));
});

afterAll(() => services.disposeAsync());

const families = [
  { host: '127.0.0.1', family: 'IPv4', digit: 4, socatHost: '127.0.0.1' },
  { host: '::1', family: 'IPv6', digit: 6, socatHost: '[::1]' },
] as const;

function expectDaytimeLine(line: string): void {
  expect(line).toMatch(/^[A-Z][a-z]+day, [A-Z][a-z]+ \d{1,2}, \d{4} \d\d:\d\d:\d\d-UTC\r\n$/);
  const { instant } = parseDaytime(line, { format: 'rfc867' });
  expect(Math.abs(Number(instant / 1_000_000n) - Date.now())).toBeLessThan(CLOCK_TOLERANCE_MS);
}

/** The input goes in whole; the client half-closes at its end and prints what comes until the server's FIN. */
async function expectEcho(client: ForeignClient, input: Uint8Array | string): Promise<void> {
  const { code, rest, stderr } = await client.finish(input);
  expect(stderr).toBe('');
  expect(rest.equals(Buffer.from(input as string))).toBe(true);
  expect(code).toBe(0);
}

/** Its stdin stays open until the answer is there: the client would be gone before. */
async function expectEchoOfDatagrams(client: ForeignClient): Promise<void> {
  for (const datagram of DATAGRAMS) {
    client.send(datagram);
    expect((await client.receive(datagram.length)).toString('latin1')).toBe(datagram);
  }
}

async function expectDaytimeOverTcp(client: ForeignClient): Promise<void> {
  const { code, rest, stderr } = await client.finish();
  expect(stderr).toBe('');
  expectDaytimeLine(rest.toString('latin1'));
  expect(code).toBe(0);
}

describe.each(families)('ncat over $family', skipFor(programProblem('ncat')), ({ host, digit }) => {
  const ncat = (port: number, ...flags: readonly string[]): ForeignClient =>
    new ForeignClient('ncat', `-${digit}`, ...flags, host, `${port}`);

  it.each([
    { what: 'lines', input: LINES },
    { what: 'binary data', input: BINARY },
    { what: 'nothing', input: '' },
  ])('should get $what back over TCP and end when we do', async ({ input }) => {
    await using client = ncat(echo.port('echo-tcp'));
    await expectEcho(client, input);
  });

  it('should get each line back as it types it', async () => {
    await using client = ncat(echo.port('echo-tcp'));
    for (const line of ['hello\n', '\n', 'and again\n']) {
      client.send(line);
      expect(await client.receiveLine()).toBe(line);
    }
    expect(await client.finish()).toEqual({ code: 0, rest: Buffer.alloc(0), stderr: '' });
  });

  it('should get everything back half duplex, when it keeps its own direction open', async () => {
    await using client = ncat(echo.port('echo-tcp'), '--no-shutdown');
    client.send(BINARY);
    expect((await client.receive(BINARY.length)).equals(BINARY)).toBe(true);
  });

  it('should be free to send only and leave', async () => {
    const before = await echo.metrics();
    await using client = ncat(echo.port('echo-tcp'), '--send-only');
    const { code, rest } = await client.finish(LINES);
    expect({ code, rest: rest.toString() }).toEqual({ code: 0, rest: '' });
    const series = ['l4_tcp_received_bytes_total', { listener: 'echo-tcp' }] as const;
    await eventually(async () => {
      const after = await echo.metrics();
      expect(after.value(...series) - before.value(...series)).toBe(LINES.length);
      expect(after.value('l4_tcp_connections_open', { listener: 'echo-tcp' })).toBe(0);
    });
  });

  it('should get each datagram back over UDP', async () => {
    await using client = ncat(echo.port('echo-udp'), '-u');
    await expectEchoOfDatagrams(client);
  });

  it.each([
    { how: 'two ways', flags: [] },
    { how: 'receiving only', flags: ['--recv-only'] },
  ])('should get the time over TCP $how', async ({ flags }) => {
    await using client = ncat(daytime.port('daytime-tcp'), ...flags);
    await expectDaytimeOverTcp(client);
  });

  it('should get the time for each datagram over UDP', async () => {
    await using client = ncat(udpDaytime.port('daytime-udp'), '-u');
    for (const request of DATAGRAMS) {
      client.send(request);
      expectDaytimeLine(await client.receiveLine());
    }
  });
});

describe.each(families)('socat over $family', skipFor(programProblem('socat')), ({ digit, socatHost }) => {
  /** -t: how long to wait for the other direction after one has ended, seconds. */
  const socat = (type: 'TCP' | 'UDP', port: number, waitSeconds: number, options = ''): ForeignClient =>
    new ForeignClient('socat', `-t${waitSeconds}`, '-', `${type}${digit}:${socatHost}:${port}${options}`);

  it.each([
    { what: 'lines', input: LINES },
    { what: 'binary data', input: BINARY },
  ])('should get $what back over TCP and end when we do', async ({ input }) => {
    await using client = socat('TCP', echo.port('echo-tcp'), 10);
    await expectEcho(client, input);
  });

  it('should get each datagram back over UDP', async () => {
    await using client = socat('UDP', echo.port('echo-udp'), 0);
    await expectEchoOfDatagrams(client);
    expect(await client.finish()).toEqual({ code: 0, rest: Buffer.alloc(0), stderr: '' });
  });

  it('should get the time over TCP', async () => {
    await using client = socat('TCP', daytime.port('daytime-tcp'), 10);
    await expectDaytimeOverTcp(client);
  });

  it('should get the time over UDP', async () => {
    await using client = socat('UDP', udpDaytime.port('daytime-udp'), 0);
    client.send('\n');
    expectDaytimeLine(await client.receiveLine());
    expect(await client.finish()).toEqual({ code: 0, rest: Buffer.alloc(0), stderr: '' });
  });

  it('should get the time over UDP for an empty datagram', async () => {
    const before = await udpDaytime.metrics();
    // shut-null: the end of stdin goes out as an empty datagram.
    await using client = socat('UDP', udpDaytime.port('daytime-udp'), 10, ',shut-null');
    client.endInput();
    expectDaytimeLine(await client.receiveLine());
    const after = await udpDaytime.metrics();
    const received = (name: string): number =>
      after.value(name, { listener: 'daytime-udp' }) - before.value(name, { listener: 'daytime-udp' });
    expect(received('l4_udp_datagrams_received_total')).toBe(1);
    expect(received('l4_udp_received_bytes_total')).toBe(0);
  });
});

describe.each(families)("bash's own sockets over $family", skipFor(programProblem('bash')), ({ host }) => {
  // head takes a datagram in one piece; bash's own read asks for a byte and so loses the others.
  const bash = (script: string, ...args: readonly string[]): ForeignClient =>
    new ForeignClient('bash', '-c', script, 'bash', ...args);

  it('should get lines back over TCP', async () => {
    const script = 'exec 3<>"/dev/tcp/$1/$2"; printf %s "$3" >&3; head -c "$4" <&3';
    await using client = bash(script, host, `${echo.port('echo-tcp')}`, LINES, `${LINES.length}`);
    const { code, rest, stderr } = await client.finish();
    expect({ code, rest: rest.toString('latin1'), stderr }).toEqual({ code: 0, rest: LINES, stderr: '' });
  });

  it('should get the time over TCP and see the end', async () => {
    await using client = bash('cat <"/dev/tcp/$1/$2"', host, `${daytime.port('daytime-tcp')}`);
    await expectDaytimeOverTcp(client);
  });

  it('should get a datagram back over UDP', async () => {
    const script = 'exec 3<>"/dev/udp/$1/$2"; echo ping >&3; head -n 1 <&3';
    await using client = bash(script, host, `${echo.port('echo-udp')}`);
    expect(await client.receiveLine()).toBe('ping\n');
  });

  it('should get the time over UDP', async () => {
    const script = 'exec 3<>"/dev/udp/$1/$2"; echo >&3; head -n 1 <&3';
    await using client = bash(script, host, `${udpDaytime.port('daytime-udp')}`);
    expectDaytimeLine(await client.receiveLine());
  });
});
