import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { endWithThisProcess } from '../../../../tests/harness/end-with-this-process.ts';
import { NODE } from '../../../../tests/harness/main-module.ts';
import { ended, MAIN } from '../program.ts';

const PLAIN_NODE = [process.execPath];
const ENV = {
  PATH: process.env.PATH,
  ADMIN_HOST: '127.0.0.1',
  ADMIN_PORT: '0',
  WORKERS: '2',
  TARGETS: 'echo+udp://127.0.0.1:9',
};

function startMonitor(node: readonly string[], env: NodeJS.ProcessEnv) {
  const [program = '', ...flags] = node;
  const child = spawn(program, [...flags, MAIN, 'monitor'], { env: { ...ENV, ...env } });
  endWithThisProcess(child);
  return child;
}

/** Starts a monitor, stops it when it is ready, and returns its log. */
async function logOf(
  node: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly Record<string, unknown>[]> {
  const child = startMonitor(node, env);
  const lines: Record<string, unknown>[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line);
    lines.push(entry);
    if (entry.msg === 'admin listening') child.kill('SIGTERM');
  }
  return lines;
}

it.each([
  { node: 'as the image', command: NODE, env: {}, lines: [] },
  { node: 'as the image', command: NODE, env: { UDP_ENGINE: 'batch' }, lines: [] },
  { node: 'without flags', command: PLAIN_NODE, env: { UDP_ENGINE: 'dgram' }, lines: [] },
  {
    node: 'without flags',
    command: PLAIN_NODE,
    env: {},
    lines: [expect.stringMatching(/^node runs without --/)],
  },
])(
  'should log once why UDP_ENGINE=auto falls back to dgram, and TCP_INFO is missing: node $node, $env',
  async ({ command, env, lines }) => {
    const log = await logOf(command, env);
    const notices = log.filter(({ msg }) => /UDP/.test(String(msg)));
    expect(notices.map(({ reason }) => reason)).toEqual(lines);
    const missing = log.filter(({ msg }) => /TCP_INFO/.test(String(msg)));
    const reason = expect.stringMatching(/^node runs without --/);
    expect(missing.map((line) => line.reason)).toEqual(command === NODE ? [] : [reason]);
  },
);

it('should refuse to mark datagrams with UDP_ENGINE=dgram, which can not', async () => {
  const TARGETS = 'echo+udp://127.0.0.1:9?dscp=ef&flow=both,tcp://127.0.0.1:9?dscp=ef';
  const { code, stderr } = await ended(startMonitor(NODE, { UDP_ENGINE: 'dgram', TARGETS }));
  expect(code).toBe(2);
  expect(stderr).toContain('1 problem');
  expect(stderr).toContain(
    '"echo+udp://127.0.0.1:9": UDP_ENGINE=dgram can\'t mark datagrams with dscp=46; set it to auto or batch',
  );
});

it('should log of which target no samples are taken where its packets can not be marked', async () => {
  const TARGETS = 'echo+udp://127.0.0.1:9?dscp=ef&name=marked,tcp://127.0.0.1:9';
  const lines = await logOf(PLAIN_NODE, { TARGETS });
  const notices = lines.filter(({ msg }) => msg === 'no samples are taken of a target');
  expect(notices).toEqual([
    expect.objectContaining({
      target: 'marked',
      reason: expect.stringMatching(/^packets can't be marked with dscp=46 here: node runs without --/),
    }),
  ]);
});

it('should not start with UDP_ENGINE=batch where that does not work', async () => {
  const { code, stdout } = await ended(startMonitor(PLAIN_NODE, { UDP_ENGINE: 'batch' }));
  expect(code).toBe(1);
  expect(stdout).toContain('UDP_ENGINE=batch does not work here: node runs without --');
  expect(stdout).toContain('set UDP_ENGINE to auto or dgram');
});
