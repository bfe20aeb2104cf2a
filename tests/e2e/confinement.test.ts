import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { ServiceProcess } from '../harness/service-process.ts';
import { skipFor } from '../harness/skip-for.ts';
import { TcpClient } from '../harness/tcp-client.ts';
import { docker, engineProblem } from './engine.ts';
import { ImageFiles } from './image-files.ts';
import { label, projectName, removeProject } from './images.ts';

const project = projectName('confinement');
const image = `echo-daytime/confined:${project}`;
const BUILD_TIMEOUT_MS = 600_000;
const RUN_TIMEOUT_MS = 60_000;
/** Debian's user `nobody`, who owns no file. */
const NOBODY = 65_534;
/** A user that the image does not have, in the root group. OpenShift gives each namespace such a user. */
const ARBITRARY_USER = '12345:0';

/** As in docker-compose.yml. */
const confined = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges:true'];

/** The value of an expression in a confined container. */
async function evaluate(expression: string, ...options: string[]): Promise<unknown> {
  const run = ['run', '--rm', '--label', label(project), '--network=none', ...confined, ...options];
  // The exit also ends anything that the expression left running.
  const script = `(async () => { console.log(JSON.stringify(${expression})); process.exit(); })()`;
  const flags = ['--disable-warning=ExperimentalWarning', '--eval', script];
  return JSON.parse(await docker([...run, '--entrypoint=node', image, ...flags]));
}

describe('an image in confinement', skipFor(engineProblem), () => {
  beforeAll(async () => {
    await removeProject(project);
    await docker(['build', '--quiet', '--target', 'echo', '--tag', image, '.'], { DOCKER_BUILDKIT: '1' });
  }, BUILD_TIMEOUT_MS);

  afterAll(() => removeProject(project), BUILD_TIMEOUT_MS);

  it('should find the default seccomp filter on, no privilege and no capability, and call the C library', {
    timeout: RUN_TIMEOUT_MS,
  }, async () => {
    const found =
      "Object.fromEntries(require('node:fs').readFileSync('/proc/self/status', 'utf8').split('\\n').map((line) => line.split(':\\t')))";
    const called =
      "require('node:ffi').dlopen('libc.so.6', { getpid: { arguments: [], return: 'int32' } }).functions.getpid()";
    const [status, pid] = (await evaluate(`[${found}, ${called}]`)) as [unknown, unknown];
    expect(pid).toBe(1);
    const none = '0'.repeat(16);
    // PR_GET_SECCOMP, prctl(2): 2 is a filter.
    expect(status).toMatchObject({
      Seccomp: '2',
      NoNewPrivs: '1',
      CapInh: none,
      CapPrm: none,
      CapEff: none,
      CapBnd: none,
      CapAmb: none,
    });
  });

  it('should not get more threads and processes than the limit', { timeout: RUN_TIMEOUT_MS }, async () => {
    // To Linux a thread is a process; Node has about seven before its first worker.
    const started = `await (async () => {
      const { Worker } = require('node:worker_threads');
      const { once } = require('node:events');
      for (let online = 0; online < 20; online += 1) {
        try {
          await once(new Worker('setTimeout(() => {}, 60_000)', { eval: true }), 'online');
        } catch (error) {
          return { online, ...error };
        }
      }
      return 'all';
    })()`;
    expect(await evaluate(started, '--pids-limit=128')).toBe('all');
    expect(await evaluate(started, '--pids-limit=16')).toMatchObject({ code: 'ERR_WORKER_INIT_FAILED' });
  });

  it('should serve as a user that the image does not have', { timeout: RUN_TIMEOUT_MS }, async () => {
    const run = ['run', '--detach', '--label', label(project), ...confined, `--user=${ARBITRARY_USER}`];
    const id = await docker([...run, '--publish=127.0.0.1::7007/tcp', image]);
    try {
      // Runs the health check's own program, because the engine would wait before its first check.
      await eventually(() => docker(['exec', id, 'node', '/app/healthcheck.js']), RUN_TIMEOUT_MS / 2);
      const [, port] = /:(\d+)$/.exec(await docker(['port', id, '7007/tcp'])) ?? [];
      using client = await TcpClient.connect(Number(port));
      client.socket.end('any user');
      expect((await client.takeAll()).toString()).toBe('any user');
    } finally {
      await docker(['rm', '--force', id]);
    }
  });

  it('should serve in the user namespace of a user without privilege', {
    timeout: RUN_TIMEOUT_MS,
  }, async (context) => {
    using files = await ImageFiles.of(image, project);
    chmodSync(files.folder, 0o755);
    mkdirSync(join(files.folder, 'proc'), { recursive: true });
    const nobody =
      process.getuid!() === 0 ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
    const namespace = ['unshare', '--user', '--map-root-user'];
    const inside = [...nobody, ...namespace, 'chroot', files.folder];
    if (!canRun([...nobody, ...namespace, 'true']))
      context.skip('this kernel gives the user nobody no user namespace');
    const [program, ...words] = [...inside, 'node', '--disable-warning=ExperimentalWarning'];
    await using echo = new ServiceProcess('/app/src/main.js', {}, [], [program!, ...words]);
    await echo.logged('listening');
    using client = await TcpClient.connect(echo.port('echo-tcp'));
    client.socket.end('root of nothing');
    expect((await client.takeAll()).toString()).toBe('root of nothing');
    expect(await echo.stop()).toEqual({ code: 0, signal: null });
  });
});

function canRun([program, ...args]: readonly string[]): boolean {
  try {
    execFileSync(program!, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
