import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { mainOfService } from '../../../../tests/harness/main-module.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { ShellProgram } from '../../../../tests/harness/shell-program.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { NameServer, resolverProblem } from './name-server.ts';

const MAIN = mainOfService('load-probe');
/** How long the system waits for the resolver: maximum timeout and attempts of resolv.conf(5). */
const TRY_S = 30;
const TRIES = 5;
/** A command that ends earlier did not wait for the system's lookup. */
const SYSTEM_TIMEOUT_MS = TRIES * TRY_S * 1_000;

describe('a resolver that is silent', skipFor(resolverProblem()), () => {
  let folder: string;
  let resolver: NameServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'load-probe-silence-'));
    // A loopback address that no other test uses.
    resolver = await NameServer.start(`127.${128 | (process.pid >> 8)}.${process.pid & 255}.54`);
    resolver.says = 'silence';
    await writeFile(
      join(folder, 'resolv.conf'),
      `nameserver ${resolver.address}\noptions timeout:${TRY_S} attempts:${TRIES}\n`,
    );
  });
  afterAll(async () => {
    await resolver[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** A shell command that runs the probe with this resolver. */
  function asking(args: string): string {
    const file = join(folder, 'resolv.conf');
    const probe = `'${process.execPath}' --disable-warning=ExperimentalWarning '${MAIN}' ${args}`;
    return `exec unshare --mount bash -c "mount --bind '${file}' /etc/resolv.conf && exec ${probe}"`;
  }

  it.each([
    'check --count 2 --interval 100ms --timeout 500ms echo+tcp://name.example:7',
    "check --count 1 --timeout 500ms 'echo+tcp://name.example:7?discover=dns'",
    'load --duration 1s --timeout 500ms echo+tcp://name.example:7',
    'send --data x --dial-timeout 500ms name.example:7',
    'idle --timeout 500ms echo+tcp://name.example:7',
    'resolve --timeout 500ms name.example',
  ])('should not delay the end of "%s"', async (args) => {
    const startedAt = performance.now();
    await using program = new ShellProgram(asking(args));
    expect(await program.exited).toEqual([1, null]);
    expect(performance.now() - startedAt).toBeLessThan(SYSTEM_TIMEOUT_MS);
    expect(program.output).toContain('the resolver did not answer for name.example within 500 ms');
  });

  it('should not delay the end of a check on Ctrl-C', async () => {
    const queries = resolver.queries;
    await using program = new ShellProgram(asking('check --count 1000 echo+tcp://name.example:7'));
    await eventually(() => expect(resolver.queries).toBeGreaterThan(queries));
    const signalledAt = performance.now();
    program.pressCtrlC();
    expect(await program.exited).toEqual([1, null]);
    expect(performance.now() - signalledAt).toBeLessThan(SYSTEM_TIMEOUT_MS);
    expect(program.stdout).toContain('stopped before all samples were taken');
  });

  it.each(['', '?discover=dns'])(
    'should not make the stop of monitor look like a failure, target with "%s"',
    async (query) => {
      const queries = resolver.queries;
      await using service = await ServiceProcess.shell(asking(''), {
        TARGETS: `echo+tcp://name.example:7${query}`,
        TIMEOUT: '500ms',
        DRAIN_TIMEOUT: '3s',
      });
      await eventually(() => expect(resolver.queries).toBeGreaterThan(queries));
      const signalledAt = performance.now();
      expect(await service.stop()).toEqual({ code: 0, signal: null });
      expect(performance.now() - signalledAt).toBeLessThan(SYSTEM_TIMEOUT_MS);
      expect(service.log.filter(({ level }) => level === 'error')).toEqual([]);
      expect(service.log.at(-1)?.msg).toBe('stopped');
    },
  );
});
