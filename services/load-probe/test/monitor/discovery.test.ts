import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { mainOfService } from '../../../../tests/harness/main-module.ts';
import { type LogLine, ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { ShellProgram } from '../../../../tests/harness/shell-program.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { StatusDocument } from '../../src/monitor/status/types.ts';
import { NameServer, resolverProblem } from '../network/name-server.ts';

const MAIN = mainOfService('load-probe');
const NAME = 'peers.example';
const INTERVAL_MS = 1_000;
const CHANGED = 'peers changed';
const FAILING = "addresses can't be looked up, the peers of these families stay as they are";

/** Loopback addresses that no other test uses. */
const net = `127.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const [one, two, three] = [`${net}.1`, `${net}.2`, '::1'] as const;

describe('discovery', skipFor(resolverProblem()), () => {
  let folder: string;
  let echo: ServiceProcess;
  let port: number;
  let resolver: NameServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'load-probe-discovery-'));
    port = await freePort();
    echo = await ServiceProcess.start('echo', { HOST: [one, two, three].join(), PORT: String(port) });
  });
  afterAll(async () => {
    await echo[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    resolver = await NameServer.start(`${net}.53`);
  });
  afterEach(() => resolver[Symbol.asyncDispose]());

  /** A shell command that runs the probe with our name server. */
  async function asking(args = '', timeoutS = 5): Promise<string> {
    const file = join(folder, 'resolv.conf');
    await writeFile(file, `nameserver ${resolver.address}\noptions timeout:${timeoutS} attempts:1\n`);
    const probe = `'${process.execPath}' --disable-warning=ExperimentalWarning '${MAIN}' ${args}`;
    return `exec unshare --mount bash -c "mount --bind '${file}' /etc/resolv.conf && exec ${probe}"`;
  }

  async function monitor(timeoutS?: number): Promise<ServiceProcess> {
    return ServiceProcess.shell(await asking('', timeoutS), {
      TARGETS: `echo+tcp://${NAME}:${port}?name=tcp&discover=dns,echo+udp://${NAME}:${port}?name=udp&discover=dns&flow=both`,
      DISCOVER_INTERVAL: `${INTERVAL_MS}ms`,
      INTERVAL: '250ms',
    });
  }

  async function statusOf(service: ServiceProcess): Promise<StatusDocument> {
    return (await (await fetch(`${service.adminUrl}/api/targets`)).json()) as StatusDocument;
  }

  const idsOf = (addresses: readonly string[]): string[] => [
    ...addresses.map((address) => `tcp @ ${address}`),
    ...addresses.map((address) => `udp @ ${address}`),
    ...addresses.map((address) => `udp @ ${address} (sticky)`),
  ];

  async function expectUp(service: ServiceProcess, addresses: readonly string[]): Promise<void> {
    await eventually(async () => {
      const { targets } = await statusOf(service);
      expect(targets.map(({ id }) => id)).toEqual(idsOf(addresses));
      for (const { id, state } of targets) expect(state, id).toBe('up');
    });
  }

  /** Changes the reply of the name server; resolves with the log line of the change. */
  async function change(service: ServiceProcess, says: NameServer['says']): Promise<LogLine> {
    const before = service.log.filter(({ msg }) => msg === CHANGED).length;
    resolver.says = says;
    return service.logged(CHANGED, before);
  }

  const failuresIn = ({ log }: ServiceProcess): LogLine[] => log.filter(({ msg }) => msg === FAILING);

  it('should probe every address of a name while the name has it', async () => {
    resolver.says = [one];
    await using service = await monitor();
    await expectUp(service, [one]);
    expect(await change(service, [three, two, one])).toMatchObject({ added: [two, three], removed: [] });
    await expectUp(service, [three, one, two]);
    const before = await service.metrics();
    const peerOf = (peer: string) => ({ target: 'tcp', protocol: 'echo-tcp', flow: 'fresh', peer });
    const okOf = (peer: string) => ({ ...peerOf(peer), outcome: 'ok' });
    expect(before.value('l4_probe_up', peerOf(two))).toBe(1);
    expect(before.value('l4_probe_discovered_peers', { target: 'udp' })).toBe(3);
    const since = (await statusOf(service)).targets.map(({ id, since }) => [id, since] as const);

    expect(await change(service, [one, three])).toMatchObject({ added: [], removed: [two], peers: 2 });
    await expectUp(service, [three, one]);
    const after = await service.metrics();
    expect(after.value('l4_probe_discovered_peers', { target: 'tcp' })).toBe(2);
    for (const peer of [one, three]) {
      const count = (metrics: typeof after) => metrics.value('l4_probe_samples_total', okOf(peer));
      expect(count(after)).toBeGreaterThan(count(before));
    }
    // The peer was not restarted: it has been up since before the change.
    const kept = (await statusOf(service)).targets.map(({ id, since }) => [id, since] as const);
    expect(since).toEqual(expect.arrayContaining(kept));
    const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
    expect(text).not.toContain(`peer="${two}"`);
    expect(
      (await fetch(`${service.adminUrl}/api/targets/${encodeURIComponent(`tcp @ ${two}`)}`)).status,
    ).toBe(404);
    // An address needs no lookup.
    expect(after.sum('l4_probe_phase_seconds_count', { phase: 'dns' })).toBe(0);
    expect(after.sum('l4_probe_phase_seconds_count', { phase: 'connect' })).toBeGreaterThan(0);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });

  it('should keep the peers while the resolver fails, and drop them when the name has no address', async () => {
    resolver.says = [one, two];
    await using service = await monitor(1);
    await expectUp(service, [one, two]);
    resolver.says = 'failure';
    const failed = { level: 'warn', host: NAME, reason: expect.stringContaining('(EAI_AGAIN)'), peers: 2 };
    await eventually(() => expect(failuresIn(service)).toContainEqual(expect.objectContaining(failed)));
    const failures = { target: 'tcp', family: 'ipv4' };
    await eventually(async () => {
      const metrics = await service.metrics();
      expect(metrics.value('l4_probe_discovery_failures_total', failures)).toBeGreaterThan(2);
    });
    await expectUp(service, [one, two]);
    expect((await statusOf(service)).discoveries[1]).toMatchObject({
      target: 'udp',
      url: `echo+udp://${NAME}:${port}`,
      peers: 2,
      lookup: { state: 'failing', reason: expect.stringContaining('(EAI_AGAIN)') },
    });
    resolver.says = [one, two];
    await service.logged('addresses can be looked up again');
    // On a busy machine the two families may fail at different times.
    const ofIpv4 = failuresIn(service).filter(
      ({ families, peers }) => String(families).includes('IPv4') && peers === 2,
    );
    expect(ofIpv4).toHaveLength(1);

    expect(await change(service, 'no_name')).toMatchObject({ removed: [one, two], peers: 0 });
    await service.logged('the name has no address: there is no peer to probe until it has');
    const { discoveries, targets } = await statusOf(service);
    expect(targets).toEqual([]);
    expect(discoveries).toMatchObject([{ target: 'tcp', peers: 0, lookup: { state: 'answered' } }, {}]);
    expect((await service.metrics()).value('l4_probe_discovered_peers', { target: 'tcp' })).toBe(0);
    await change(service, [two]);
    await expectUp(service, [two]);
  });

  it('should keep the peers of the family whose lookups fail, and follow the other one', async () => {
    resolver.says = [one, three];
    await using service = await monitor();
    await expectUp(service, [three, one]);
    const expectFailing = (family: 'IPv4' | 'IPv6') =>
      eventually(async () => {
        const { discoveries } = await statusOf(service);
        const reason = expect.stringContaining('(EAI_AGAIN)');
        expect(discoveries[0]?.lookup).toMatchObject({ families: [family], reason });
        // Logged once, with the first reason: on a busy machine that the resolver is slow.
        expect(failuresIn(service).flatMap(({ families }) => families)).toContain(family);
        const labels = { target: 'tcp', family: family.toLowerCase() };
        const metrics = await service.metrics();
        expect(metrics.value('l4_probe_discovery_failures_total', labels)).toBeGreaterThan(1);
      });

    resolver.says = { 4: [two], 6: 'failure' };
    await expectUp(service, [three, two]);
    await expectFailing('IPv6');

    // For a lookup of both families at once the system would report that the name has no address.
    resolver.says = { 4: 'failure', 6: [] };
    await expectUp(service, [two]);
    await expectFailing('IPv4');
    expect(service.log.filter(({ removed }) => removed).flatMap(({ removed }) => removed)).toEqual([
      one,
      three,
    ]);
  });

  it('should report a silent resolver before the lookup itself times out', async () => {
    resolver.says = 'silence';
    await using service = await monitor(3);
    expect(await service.logged(FAILING)).toMatchObject({
      reason: `the resolver did not answer for ${NAME} within ${INTERVAL_MS} ms`,
      peers: 0,
    });
    resolver.says = [one];
    await expectUp(service, [one]);
  });

  it('should check every address of a name once', async () => {
    resolver.says = [two, three];
    const url = `'echo+udp://${NAME}:${port}?name=udp&discover=dns'`;
    // Repeated where a busy machine made the probe late.
    await eventually(async () => {
      await using good = new ShellProgram(await asking(`check --count 2 --json ${url}`));
      expect(await good.exited, good.output).toEqual([0, null]);
      const report = JSON.parse(good.stdout);
      expect(report).toMatchObject({ held: true, interrupted: false });
      expect(report.targets).toMatchObject([
        { id: `udp @ ${two}`, name: 'udp', peer: two, samples: 2, outcomes: { ok: 2 } },
        { id: `udp @ ${three}`, name: 'udp', peer: three, samples: 2, outcomes: { ok: 2 } },
      ]);
    });

    resolver.says = 'no_name';
    await using bad = new ShellProgram(await asking(`check --count 2 ${url}`));
    expect(await bad.exited).toEqual([1, null]);
    expect(bad.stdout).toContain(`0 of 1 ok, loss 100%\n  1 dns: ${NAME} has no address (ENOTFOUND)`);
    expect(bad.stdout).not.toContain('stopped before');
  });

  it('should fail a check when the lookups of one family fail', async () => {
    resolver.says = { 4: 'failure', 6: [three] };
    await using program = new ShellProgram(
      await asking(`check --count 1 'echo+udp://${NAME}:${port}?name=udp&discover=dns'`),
    );
    expect(await program.exited, program.output).toEqual([1, null]);
    expect(program.stdout).toContain(
      `1 dns: no IPv4 addresses: the resolver can't be reached or has no answer for ${NAME} now (EAI_AGAIN)`,
    );
    expect(program.stdout).toContain(`udp @ ${three}`);
  });

  it.each([
    ['failure', `\nno IPv4 addresses: the resolver can't be reached or has no answer for ${NAME} now`, 1],
    [[], '\n  no IPv4 address\n', 0],
  ] as const)(
    'should let resolve distinguish a failed lookup of a family from a family without addresses: %j',
    async (ipv4, words, code) => {
      resolver.says = { 4: ipv4, 6: [three] };
      await using program = new ShellProgram(await asking(`resolve ${NAME}`));
      expect(await program.exited, program.output).toEqual([code, null]);
      expect(program.output).toContain(words);
      expect(program.stdout).toContain(`  IPv6 ${three}\n`);
    },
  );
});
