import { readAddress } from '@echo-daytime/addresses';
import type { CounterSource } from '@echo-daytime/runtime';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DiscoveryStatus } from '../../monitor/status/types.ts';
import { type Target, targetsOf } from '../target.ts';
import { readTargets } from '../url.ts';
import { Discovery } from './discovery.ts';

const INTERVAL_MS = 10_000;
const NOW = 1_000;

/** The result of a lookup: addresses, an error, or none at all. */
type Answer = readonly string[] | 'failure' | 'silence';

/** A discovery whose resolver takes its answers, for both families, from a list; the last answer repeats. */
function discoveryOver(answers: readonly Answer[]) {
  const asked: string[] = [];
  const logged: { readonly level: string; readonly msg: string; readonly fields: object }[] = [];
  const sources = new Set<CounterSource>();
  let probed: readonly Target[] = [];
  let statuses: readonly DiscoveryStatus[] = [];
  const note = (level: string) => (fields: object, msg: string) => void logged.push({ level, msg, fields });
  const discovery = new Discovery({
    intervalMs: INTERVAL_MS,
    lookUp: (host, family) => {
      // IPv4 is asked for first.
      if (family === 4) asked.push(host);
      const answer = answers[Math.min(asked.length, answers.length) - 1]!;
      if (answer === 'silence') return new Promise(() => {});
      if (answer === 'failure') return Promise.reject(Object.assign(new Error(), { code: 'EAI_AGAIN' }));
      const found = answer.flatMap((address) => readAddress(address) ?? []);
      return Promise.resolve(found.filter((address) => address.family === family));
    },
    log: { info: note('info'), warn: note('warn') } as never,
    metrics: { add: (source) => void sources.add(source), remove: (source) => void sources.delete(source) },
    epoch: () => NOW,
    probe(targets) {
      probed = targets;
      return { added: [], changed: [], removed: [], kept: 0 };
    },
    report: (next) => {
      statuses = next;
    },
  });
  const counted = (name: string): Record<string, number> =>
    Object.fromEntries(
      [...sources].flatMap(({ families, memories }) => {
        const family = families.find((candidate) => candidate.name === name)!;
        const cells = new Float64Array(memories[0]!);
        return family.series.map(({ labels: { target, family }, cell }) => [
          family === undefined ? target : `${target} ${family}`,
          cells[cell],
        ]);
      }),
    );
  return {
    discovery,
    asked,
    logged,
    counted,
    ids: () => probed.map(({ id }) => id),
    probed: () => probed,
    statuses: () => statuses,
  };
}

function targets(...urls: readonly string[]): Target[] {
  const { targets, problems } = readTargets(urls);
  expect(problems).toEqual([]);
  return targetsOf({ targets, interval: 1_000, timeout: 2_000, size: 64 });
}

const lookupDone = () => vi.advanceTimersByTimeAsync(0);
const nextLookup = () => vi.advanceTimersByTimeAsync(INTERVAL_MS);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('should probe each address as a target, with the settings of the target with discover', async () => {
  const { discovery, ids, probed } = discoveryOver([['10.0.0.7', 'fd00::7']]);
  discovery.set(
    targets('echo+udp://echo:7?discover=dns&name=udp&flow=both&interval=5s', 'tcp://192.0.2.1:7?name=lb'),
  );
  expect(ids()).toEqual(['lb']);
  await lookupDone();
  expect(ids()).toEqual([
    'udp @ 10.0.0.7',
    'udp @ fd00::7',
    'udp @ 10.0.0.7 (sticky)',
    'udp @ fd00::7 (sticky)',
    'lb',
  ]);
  expect(probed()[1]).toEqual({
    id: 'udp @ fd00::7',
    name: 'udp',
    url: 'echo+udp://echo:7',
    protocol: 'echo-udp',
    host: 'fd00::7',
    peer: 'fd00::7',
    port: 7,
    flow: 'fresh',
    intervalMs: 5_000,
    timeoutMs: 2_000,
    sizeBytes: 64,
  });
});

it('should look up a host once for all its targets, at once and then at every interval', async () => {
  const { discovery, asked, ids } = discoveryOver([['10.0.0.7']]);
  discovery.set(
    targets('echo+udp://echo:7?discover=dns', 'echo+tcp://echo:7?discover=dns', 'tcp://echo:8?discover=off'),
  );
  await lookupDone();
  expect(ids()).toEqual(['echo+udp://echo:7 @ 10.0.0.7', 'echo+tcp://echo:7 @ 10.0.0.7', 'tcp://echo:8']);
  await nextLookup();
  await nextLookup();
  expect(asked).toEqual(['echo', 'echo', 'echo']);
});

it('should keep the peers while the resolver fails, log it once, and count every failure', async () => {
  const { discovery, counted, ids, logged, statuses } = discoveryOver([
    ['10.0.0.7'],
    'failure',
    'failure',
    ['10.0.0.7'],
  ]);
  discovery.set(targets('tcp://echo:7?discover=dns&name=tcp', 'tcp://echo:8?discover=dns&name=other'));
  expect(counted('l4_probe_discovered_peers')).toEqual({ tcp: 0, other: 0 });
  expect(counted('l4_probe_discovery_failures_total')).toEqual({
    'tcp ipv4': 0,
    'tcp ipv6': 0,
    'other ipv4': 0,
    'other ipv6': 0,
  });
  expect(statuses()[0]).toMatchObject({ target: 'tcp', peers: 0, lookup: { state: 'pending' } });
  await nextLookup();
  await nextLookup();
  expect(ids()).toEqual(['tcp @ 10.0.0.7', 'other @ 10.0.0.7']);
  expect(counted('l4_probe_discovered_peers')).toEqual({ tcp: 1, other: 1 });
  expect(counted('l4_probe_discovery_failures_total')).toEqual({
    'tcp ipv4': 2,
    'tcp ipv6': 2,
    'other ipv4': 2,
    'other ipv6': 2,
  });
  const families = ['IPv4', 'IPv6'];
  const reason = "the resolver can't be reached or has no answer for echo now (EAI_AGAIN)";
  expect(statuses()).toMatchObject([
    { target: 'tcp', peers: 1, omitted: 0, lookup: { state: 'failing', since: NOW, families, reason } },
    { target: 'other', peers: 1 },
  ]);
  await nextLookup();
  expect(statuses()[0]?.lookup).toEqual({ state: 'answered' });
  expect(logged).toEqual([
    {
      level: 'info',
      msg: 'peers changed',
      fields: { host: 'echo', added: ['10.0.0.7'], removed: [], peers: 1 },
    },
    {
      level: 'warn',
      msg: "addresses can't be looked up, the peers of these families stay as they are",
      fields: { host: 'echo', families, reason, peers: 1 },
    },
    { level: 'info', msg: 'addresses can be looked up again', fields: { host: 'echo', families } },
  ]);
});

it('should not begin a second lookup while the first has no answer', async () => {
  const { discovery, asked, counted, statuses } = discoveryOver(['silence']);
  discovery.set(targets('tcp://echo:7?discover=dns&name=tcp'));
  await nextLookup();
  await nextLookup();
  expect(asked).toHaveLength(1);
  expect(counted('l4_probe_discovery_failures_total')).toEqual({ 'tcp ipv4': 2, 'tcp ipv6': 0 });
  expect(statuses()[0]?.lookup).toMatchObject({
    reason: 'the resolver did not answer for echo within 10000 ms',
  });
});

it('should remove the peers when the name has no address any more, and log it', async () => {
  const { discovery, ids, logged } = discoveryOver([['10.0.0.7'], [], [], []]);
  discovery.set(targets('tcp://echo:7?discover=dns'));
  await nextLookup();
  expect(ids()).toHaveLength(1);
  await nextLookup();
  await nextLookup();
  expect(ids()).toEqual([]);
  const none = 'the name has no address: there is no peer to probe until it has';
  expect(logged.filter(({ level }) => level === 'warn').map(({ msg }) => msg)).toEqual([none]);
});

it('should stop the lookups of removed targets, and not affect the peers of the others', async () => {
  const { discovery, asked, counted, ids } = discoveryOver([['10.0.0.7'], ['10.0.0.8'], ['10.0.0.9']]);
  const [one, two] = targets('tcp://one:7?discover=dns&name=1', 'tcp://two:7?discover=dns&name=2');
  discovery.set([one!, two!]);
  await lookupDone();
  expect(ids()).toEqual(['1 @ 10.0.0.7', '2 @ 10.0.0.8']);
  discovery.set([two!]);
  expect(ids()).toEqual(['2 @ 10.0.0.8']);
  expect(counted('l4_probe_discovered_peers')).toEqual({ 2: 1 });
  await nextLookup();
  expect(asked).toEqual(['one', 'two', 'two']);
  expect(ids()).toEqual(['2 @ 10.0.0.8', '2 @ 10.0.0.9']);
});

it('should probe the addresses of the last two good answers, whatever the resolver does', async () => {
  const address = fc.integer({ min: 1, max: 5 }).map((n) => `192.0.2.${n}`);
  const answer = fc.oneof(fc.uniqueArray(address), fc.constant('failure' as const));
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 12 }), async (answers) => {
      const { discovery, counted, ids } = discoveryOver(answers);
      discovery.set(targets('tcp://echo:7?discover=dns&name=t'));
      await lookupDone();
      for (let asked = 1; asked <= answers.length; asked += 1) {
        const good = answers.slice(0, asked).filter((one) => Array.isArray(one));
        const expected = [...new Set(good.slice(-2).flat())].sort();
        expect(ids()).toEqual(expected.map((one) => `t @ ${one}`));
        expect(counted('l4_probe_discovered_peers')).toEqual({ t: expected.length });
        expect(counted('l4_probe_discovery_failures_total')).toEqual({
          't ipv4': asked - good.length,
          't ipv6': asked - good.length,
        });
        if (asked < answers.length) await nextLookup();
      }
      discovery.set([]);
    }),
  );
});
