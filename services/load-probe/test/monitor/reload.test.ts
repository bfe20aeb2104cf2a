import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import type { StatusDocument, TargetDocument } from '../../src/monitor/status/types.ts';
import { eachPayload } from '../payload-stream.ts';
import { type Peer, tcpPeer, udpPeer } from '../peers.ts';

const CHANGED = 'targets changed';
const UNUSABLE = "targets file can't be used, its targets stay as they are";
const USABLE = 'targets file can be used again';
/** Longer than the watch needs to see a change and to wait until it is complete. */
const SETTLED_MS = 1_200;

describe('monitor with a targets file', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'load-probe-targets-'));
    path = join(folder, 'targets.yaml');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Replaces the file by another, as editors do. */
  async function replace(text: string): Promise<void> {
    await writeFile(join(folder, 'new'), text);
    await rename(join(folder, 'new'), path);
  }

  async function get<T>(service: ServiceProcess, apiPath: string): Promise<T> {
    return (await (await fetch(service.adminUrl + apiPath)).json()) as T;
  }

  const idsOf = async (service: ServiceProcess): Promise<string[]> =>
    (await get<StatusDocument>(service, '/api/targets')).targets.map(({ id }) => id);

  const entry = (name: string, { port }: Peer, more = ''): string =>
    `  - { name: ${name}, url: 'echo+tcp://127.0.0.1:${port}', interval: 50ms, flow: sticky${more} }\n`;

  it('should leave a target that stays the same alone: connection, sequence, history and counters', async () => {
    const asked: { readonly run: number; readonly sequence: number }[] = [];
    let connections = 0;
    await using kept = await tcpPeer((socket) => {
      connections += 1;
      eachPayload(socket, (payload, header) => {
        asked.push(header);
        socket.write(payload);
      });
    });
    await using other = await tcpPeer((socket) => socket.pipe(socket));
    await replace(`targets:\n${entry('kept', kept)}${entry('changing', other)}${entry('going', other)}`);
    await using service = await ServiceProcess.start('load-probe', { TARGETS_FILE: path, WORKERS: '2' });
    await eventually(() => expect(asked.length).toBeGreaterThan(10));
    const before = await get<TargetDocument>(service, '/api/targets/kept');
    const answeredBefore = (await service.metrics()).sum('l4_probe_samples_total', { target: 'kept' });

    await replace(
      `targets:\n${entry('coming', other)}${entry('changing', other, ', timeout: 1s')}` +
        `${entry('kept', kept, ', slo: { loss: 1% }')}`,
    );
    const line = await service.logged(CHANGED);
    expect(line).toMatchObject({
      level: 'info',
      path,
      added: ['coming'],
      changed: ['changing'],
      removed: ['going'],
      kept: 1,
    });
    const askedThen = asked.length;
    await eventually(() => expect(asked.length).toBeGreaterThan(askedThen + 10));

    expect(connections).toBe(1);
    expect(new Set(asked.map(({ run }) => run)).size).toBe(1);
    // A stall of the machine may skip samples, but no sequence number repeats or restarts.
    const sequences = asked.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((one, two) => one - two));

    const after = await get<TargetDocument>(service, '/api/targets/kept');
    // In any order: a sample that was pending at the reload may have been due earlier.
    expect(after.samples).toEqual(expect.arrayContaining([...before.samples]));
    expect(after.target.slo).toMatchObject({ maxLossRatio: 0.01 });
    expect(await idsOf(service)).toEqual(['coming', 'changing', 'kept']);
    await eventually(async () => {
      const { targets } = await get<StatusDocument>(service, '/api/targets');
      expect(targets.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
    });
    const metrics = await service.metrics();
    expect(metrics.sum('l4_probe_samples_total', { target: 'kept' })).toBeGreaterThan(answeredBefore);
    expect(metrics.sum('l4_probe_samples_total', { target: 'coming' })).toBeGreaterThan(0);
    const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
    expect(text).not.toContain('target="going"');
    expect((await fetch(`${service.adminUrl}/api/targets/going`)).status).toBe(404);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });

  it('should report a bad file once, keep its targets, and take the next good file', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    const url = `echo+udp://127.0.0.1:${peer.port}`;
    await replace(`targets: [{ url: '${url}', name: one, interval: 50ms }]\n`);
    await using service = await ServiceProcess.start('load-probe', { TARGETS_FILE: path });
    const gauge = async (name: string): Promise<number> =>
      (await service.metrics()).value(`l4_probe_targets_file_${name}`);
    expect(await gauge('valid')).toBe(1);
    const readAt = await gauge('read_timestamp_seconds');
    expect(readAt).toBeGreaterThan(0);

    const bad = `targets:\n  - url: ${url}\n    interval: soon\n  - url: gopher://h:70\n`;
    await replace(bad);
    expect(await service.logged(UNUSABLE)).toMatchObject({
      level: 'error',
      path,
      problems: [
        'line 3: interval="soon" must be a duration such as 250ms, 2s, 2m or 1h, at most 24 days',
        expect.stringMatching(/^line 4: "gopher:\/\/h:70": there is no scheme "gopher"/),
      ],
    });
    expect(await gauge('valid')).toBe(0);
    expect(await gauge('read_timestamp_seconds')).toBe(readAt);
    await replace(bad);
    // No event shows that a change was seen and not logged, so the test waits for a fixed time.
    await delay(SETTLED_MS);
    expect(await idsOf(service)).toEqual(['one']);
    await rm(path);
    expect(await service.logged(UNUSABLE, 1)).toMatchObject({
      problems: ['must be a file that can be read: there is none'],
    });

    await replace(`targets: [{ url: '${url}', name: two, interval: 50ms }]\n`);
    await service.logged(USABLE);
    expect(await service.logged(CHANGED)).toMatchObject({ added: ['two'], removed: ['one'] });
    expect(service.log.filter(({ msg }) => msg === UNUSABLE)).toHaveLength(2);
    expect(await idsOf(service)).toEqual(['two']);
    expect(await gauge('valid')).toBe(1);
    expect(await gauge('read_timestamp_seconds')).toBeGreaterThan(readAt);
    expect(service.stderr).toBe('');
  });

  it('should follow a file that a ConfigMap of Kubernetes mounts', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    const write = async (version: string, name: string): Promise<void> => {
      await mkdir(join(folder, version));
      const text = `targets: [{ url: 'echo+udp://127.0.0.1:${peer.port}', name: ${name} }]\n`;
      await writeFile(join(folder, version, 'targets.yaml'), text);
      await symlink(version, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await write('..1', 'first');
    await symlink(join('..data', 'targets.yaml'), path);
    await using service = await ServiceProcess.start('load-probe', { TARGETS_FILE: path });
    expect(await idsOf(service)).toEqual(['first']);
    await write('..2', 'second');
    await service.logged(CHANGED);
    expect(await idsOf(service)).toEqual(['second']);
  });

  it('should log the targets of the file at its start, not TARGETS', async () => {
    await replace("targets: [{ url: 'tcp://127.0.0.1:7', name: one }]\n");
    await using service = ServiceProcess.spawn('load-probe', { TARGETS_FILE: path, ADMIN_PORT: '0' });
    const { config } = await service.logged('start');
    expect(config).toMatchObject({ targetsFile: { path, entries: [{ spec: { name: 'one' } }] } });
    expect(config).not.toHaveProperty('targets');
  });

  it('should exit 2 with every problem when the file is bad at the start', async () => {
    await writeFile(path, 'targets:\n  - url: tcp://h\n  - name: x\n');
    const service = ServiceProcess.spawn('load-probe', { TARGETS_FILE: path, TARGETS: 'echo+tcp://h:7' });
    expect((await service.exited).code).toBe(2);
    expect(service.stderr).toContain(
      `TARGETS_FILE="${path}" can't be used:\n    line 2: "tcp://h": has no port`,
    );
    expect(service.stderr).toContain('\n    line 3: a target must have a url');
    await writeFile(path, 'targets:\n\n  - { url: "echo+udp://h:7", size: 70000 }\n');
    const both = ServiceProcess.spawn('load-probe', { TARGETS_FILE: path, TARGETS: 'echo+tcp://h:7' });
    expect((await both.exited).code).toBe(2);
    expect(both.stderr).toContain(
      `TARGETS_FILE="${path}" line 3: "echo+udp://h:7": a size of 70000 bytes is more`,
    );
    expect(both.stderr).toContain('TARGETS and TARGETS_FILE both say what to probe: give one of them');
  });
});
