import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { mainOfService } from '../../../../tests/harness/main-module.ts';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';
import { udpPeer } from '../peers.ts';
import { ended, runProgram } from '../program.ts';

it('should find a target on this host as the first hop', skipFor(notLinux), async () => {
  await using peer = await udpPeer((bytes, reply) => reply(bytes));
  const { code, stderr, stdout } = await runProgram(['trace', `echo+udp://127.0.0.1:${peer.port}`]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [, sourcePort] = / from source port (\d+)\n/.exec(stdout) ?? [];
  const round = stdout.replace(/ {2}\S+ ms\n/, '  TIME\n');
  expect(round).toBe(
    `the hops to 127.0.0.1:${peer.port} (echo+udp) from source port ${sourcePort}\n` +
      `  1  127.0.0.1  TIME\nsource port ${sourcePort}: 127.0.0.1:${peer.port} answers as hop 1\n`,
  );
});

it('should say what is missing where node has not what it takes', async () => {
  const node = [...process.execArgv.filter((flag) => flag.startsWith('--disable-warning'))];
  const args = [...node, mainOfService('load-probe'), 'trace', 'echo+udp://127.0.0.1:7'];
  const { code, stderr, stdout } = await ended(spawn(process.execPath, args));
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toMatch(
    /^no hop can be found here: (node runs without --.*; start it with these flags|the system is)/,
  );
});

it.each([
  ['--source-port 0 echo+udp://192.0.2.7:7', '--source-port "0" must be a whole number from 1 to 65535'],
  ['echo+udp://192.0.2.7:7?size=64', 'has size=, which trace has no use for; its query may have dscp'],
  ['echo+udp://192.0.2.7:7?dscp=64', 'dscp="64" must be from 0 to 63'],
  [
    '--source-port 9 --against 9 tcp://192.0.2.7:7',
    '--source-port and --against are the same flow: give two ports',
  ],
])('should refuse %s', async (line, problem) => {
  const { code, stderr } = await runProgram(['trace', ...line.split(' ')]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(problem) });
});
