import type { Labels } from '@echo-daytime/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Family, labelSets, parseExposition } from '../../../tests/harness/exposition.ts';
import { mainOfService, NODE } from '../../../tests/harness/main-module.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';

const by = (label: string, values: readonly string[]) => (labels: Labels) =>
  values.map((value) => ({ ...labels, [label]: value }));
const alone = (labels: Labels) => [labels];

const closedReasons = [
  'client',
  'server',
  'idle',
  'write_timeout',
  'reset',
  'protocol',
  'drain',
  'fault',
  'error',
];
const formats = [
  'timestamp',
  'timestamp-ms',
  'timestamp-ns',
  'rfc867',
  'smtp',
  'ctime',
  'iso8601',
  'nist',
  'go',
];

type Expected = Readonly<Record<string, readonly [type: string, sets: (labels: Labels) => Labels[]]>>;

const tcp: Expected = {
  l4_tcp_connections_accepted_total: ['counter', alone],
  l4_tcp_connections_refused_total: [
    'counter',
    by('reason', ['max_connections', 'max_per_source', 'denied', 'no_descriptors', 'draining', 'fault']),
  ],
  l4_tcp_connections_closed_total: ['counter', by('reason', closedReasons)],
  l4_tcp_connections_open: ['gauge', alone],
  l4_tcp_connection_duration_seconds: ['histogram', alone],
  l4_tcp_received_bytes_total: ['counter', alone],
  l4_tcp_sent_bytes_total: ['counter', alone],
};
const udp: Expected = {
  l4_udp_datagrams_received_total: ['counter', alone],
  l4_udp_datagrams_sent_total: ['counter', alone],
  l4_udp_datagrams_dropped_total: [
    'counter',
    by('reason', [
      'rate',
      'source_port',
      'source_address',
      'denied',
      'too_short',
      'malformed',
      'send_error',
      'fault',
    ]),
  ],
  l4_udp_received_bytes_total: ['counter', alone],
  l4_udp_sent_bytes_total: ['counter', alone],
};
const dialog: Expected = { l4_dialog_messages_total: ['counter', alone] };
const stamp: Expected = {
  l4_stamp_replies_total: ['counter', by('mode', ['stateful', 'stateless'])],
  l4_stamp_sessions: ['gauge', alone],
};
const daytime: Expected = { l4_daytime_replies_total: ['counter', by('format', formats)] };

/** Metrics of the control plane: the process, its workers and the injected faults. The data plane counts the rest. */
const CONTROL_PLANE = /^l4_(build_info|data_plane_.*|fault_active|udp_socket_drops_total|log_.*|admin_.*)$/;

describe.each<[name: string, listeners: Readonly<Record<string, Expected>>]>([
  [
    'echo',
    {
      'echo-tcp': tcp,
      'echo-udp': udp,
      'dialog-tcp': { ...tcp, ...dialog },
      'stamp-udp': { ...udp, ...stamp },
    },
  ],
  ['daytime', { 'daytime-tcp': { ...tcp, ...daytime }, 'session-tcp': { ...tcp, ...daytime } }],
  ['udp-daytime', { 'daytime-udp': { ...udp, ...daytime } }],
])('/metrics of %s', (name, listeners) => {
  let service: ServiceProcess;
  let families: ReadonlyMap<string, Family>;
  beforeAll(async () => {
    service = await ServiceProcess.start(name);
    const answer = await fetch(`${service.adminUrl}/metrics`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    families = parseExposition(await answer.text());
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
  });

  it.each(Object.keys(listeners))('should show every count of %s at 0 from the start', (listener) => {
    for (const [family, [type, sets]] of Object.entries(listeners[listener] ?? {})) {
      const found = families.get(family);
      expect(found?.type, family).toBe(type);
      const own = labelSets(found!).filter((labels) => labels.listener === listener);
      expect(own, family).toEqual(expect.arrayContaining(sets({ listener })));
      expect(own, family).toHaveLength(sets({ listener }).length);
      for (const { name, labels, value } of found!.series)
        expect(value, name + JSON.stringify(labels)).toBe(0);
    }
  });

  it('should show no other family, so that the table above is complete', () => {
    const shown = [...families.keys()].filter((family) => /^l4_/.test(family) && !CONTROL_PLANE.test(family));
    const listed = new Set(Object.values(listeners).flatMap(Object.keys));
    expect(shown.sort()).toEqual([...listed].sort());
  });

  it('should show the version and the state of the workers', async () => {
    const { default: manifest } = await import(`../../../services/${name}/package.json`);
    expect(families.get('l4_build_info')?.series).toEqual([
      {
        name: 'l4_build_info',
        labels: { service: name, version: manifest.version, node: process.versions.node },
        value: 1,
      },
    ]);
    expect(families.get('l4_data_plane_workers')).toMatchObject({ type: 'gauge', series: [{ value: 1 }] });
    expect(families.get('l4_data_plane_worker_restarts_total')).toMatchObject({
      type: 'counter',
      series: [{ value: 0 }],
    });
    const age = families.get('l4_data_plane_heartbeat_age_seconds');
    expect(age?.type).toBe('gauge');
    expect(age?.series[0]?.value).toBeLessThan(5);
  });

  it('should show the process', () => {
    for (const family of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_open_fds']) {
      expect(families.get(family)?.series[0]?.value, family).toBeGreaterThan(0);
    }
  });

  it('should name every counter a total, in base units', () => {
    for (const { name: family, type } of families.values()) {
      if (!family.startsWith('l4_')) continue;
      expect(family.endsWith('_total'), family).toBe(type === 'counter');
      expect(family).not.toMatch(/_(ms|milliseconds|kib|minutes)(_|$)/);
    }
  });
});

it('should leave out process metrics without /proc instead of showing 0', skipFor(notLinux), async () => {
  const hideProc = 'mount -t tmpfs none /proc && exec "$0" "$@"';
  const isolated = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', hideProc] as const;
  await using service = new ServiceProcess(mainOfService('daytime'), {}, [], [...isolated, ...NODE]);
  await service.logged('listening');
  const answer = await fetch(`${service.adminUrl}/metrics`);
  const families = parseExposition(await answer.text());
  const ofProcess = [...families.values()].filter((family) => family.name.startsWith('process_'));
  expect(ofProcess.map((family) => family.name).sort()).toEqual([
    'process_cpu_seconds_total',
    'process_cpu_system_seconds_total',
    'process_cpu_user_seconds_total',
    'process_start_time_seconds',
  ]);
});
