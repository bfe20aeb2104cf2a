import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipFor } from '../../../tests/harness/skip-for.ts';

const program = fileURLToPath(new URL('fixtures/take-sample.ts', import.meta.url));
const namespace = `load-probe-${process.pid}`;
const IPV4 = '/proc/sys/net/ipv4';
const router = `load-probe-router-${process.pid}`;

function ip(...args: readonly string[]): { readonly failed: string | undefined } {
  const { error, status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  return { failed: status === 0 ? undefined : (error?.message ?? stderr.trim()) };
}

/** Why there can be no network namespace here; undefined where there can. */
function findProblem(): string | undefined {
  const { failed } = ip('netns', 'add', namespace);
  if (failed === undefined) ip('netns', 'del', namespace);
  return failed && `no network namespace can be made here: ${failed}`;
}

/** A network of the test's own: one that leads nowhere but to where the test says. */
describe('an address without a way', skipFor(findProblem()), () => {
  beforeAll(() => {
    for (const args of [
      ['netns', 'add', namespace],
      ['netns', 'add', router],
      ['-n', namespace, 'link', 'set', 'lo', 'up'],
      ['-n', namespace, 'link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there', 'netns', router],
      ['-n', namespace, 'link', 'set', 'here', 'up'],
      ['-n', namespace, 'address', 'add', '192.0.2.1/24', 'dev', 'here'],
      ['-n', namespace, 'address', 'add', '2001:db8:1::1/64', 'dev', 'here', 'nodad'],
      ['-n', namespace, 'route', 'add', 'unreachable', '198.51.100.0/24'],
      ['-n', namespace, 'route', 'add', '203.0.113.0/24', 'via', '192.0.2.254'],
      ['-n', router, 'link', 'set', 'there', 'up'],
      ['-n', router, 'address', 'add', '192.0.2.254/24', 'dev', 'there'],
      ['-n', router, 'route', 'add', 'prohibit', '203.0.113.0/25'],
      ['-n', router, 'route', 'add', 'unreachable', '203.0.113.128/25'],
      // Every answer counts here, and they come faster than a router would send them.
      ['netns', 'exec', router, 'sh', '-c', `echo 0 >${IPV4}/icmp_ratelimit; echo 1 >${IPV4}/ip_forward`],
    ]) {
      expect(ip(...args).failed, `ip ${args.join(' ')}`).toBeUndefined();
    }
  });
  afterAll(() => {
    for (const name of [namespace, router]) ip('netns', 'del', name);
  });

  function sampleOf(url: string): { readonly outcome: string; readonly detail: string } {
    const args = [
      'netns',
      'exec',
      namespace,
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      program,
    ];
    const { stdout, stderr } = spawnSync('ip', [...args, url], { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  }

  it.each(['echo+tcp', 'echo+udp', 'session+tcp', 'tcp'])('should be unreachable: %s', (scheme) => {
    expect(sampleOf(`${scheme}://100.64.0.7:7`)).toEqual({
      outcome: 'unreachable',
      detail: 'there is no route to the network of 100.64.0.7:7 (ENETUNREACH)',
    });
    expect(sampleOf(`${scheme}://[2001:db8:2::7]:7`)).toEqual({
      outcome: 'unreachable',
      detail: 'there is no route to the network of [2001:db8:2::7]:7 (ENETUNREACH)',
    });
  });

  it.each(['echo+tcp', 'echo+udp', 'daytime+udp'])(
    'should be unreachable by a route that says so: %s',
    (scheme) => {
      expect(sampleOf(`${scheme}://198.51.100.7:7`)).toEqual({
        outcome: 'unreachable',
        detail: 'there is no way to the host of 198.51.100.7:7 (EHOSTUNREACH)',
      });
    },
  );

  it.each(['echo+tcp', 'echo+udp', 'daytime+udp'])(
    'should be unreachable behind a router that forbids it: %s',
    (scheme) => {
      expect(sampleOf(`${scheme}://203.0.113.7:7?timeout=15s`)).toEqual({
        outcome: 'unreachable',
        detail: 'there is no way to the host of 203.0.113.7:7 (EHOSTUNREACH)',
      });
    },
  );

  it.each([
    'echo+tcp://203.0.113.200:7',
    'echo+tcp://192.0.2.7:7?timeout=15s',
    'tcp://[2001:db8:1::7]:7?timeout=15s',
  ])('should be unreachable over TCP when a router or nobody on the link knows the host: %s', (url) => {
    expect(sampleOf(url)).toMatchObject({
      outcome: 'unreachable',
      detail: expect.stringMatching(/^there is no way to the host of .*:7 \(EHOSTUNREACH\)$/),
    });
  });

  // Linux tells a UDP socket of what may pass no more than of silence (icmp_err_convert, "fatal": 0).
  it.each([
    'echo+udp://203.0.113.200:7?timeout=100ms',
    'echo+udp://203.0.113.200:7?timeout=100ms&flow=sticky',
  ])('should be lost over UDP when a router does not know the host: %s', (url) => {
    expect(sampleOf(url)).toMatchObject({ outcome: 'lost' });
  });
});
