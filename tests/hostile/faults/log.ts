import { once } from 'node:events';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually.ts';
import { freePort } from '../../harness/free-port.ts';
import { parseMetrics } from '../../harness/metrics.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { Promises, type Scenario, type ScenarioResult } from '../scenario.ts';
import { spawnService } from '../service.ts';
import { Control } from './control.ts';
import { DISK_BYTES, TinyDisk } from './tiny-disk.ts';
import { SABOTEUR } from './worker.ts';

const EXCHANGES = 10;
/** Number of log lines per sabotage, a kilobyte each. */
const LINES = 4_000;
const SAID = 'sabotage';

interface LogFault {
  readonly name: string;
  readonly launcher?: readonly string[];
  /** Before the lines. */
  begin?(service: ServiceProcess): Promise<void> | void;
  /** After them. */
  end?(service: ServiceProcess, promises: Promises, chatter: () => void): Promise<void> | void;
  /** Number of lines of the sabotage that were received, when the service has ended. */
  kept(service: ServiceProcess): Promise<number> | number;
}

async function logFault({ name, launcher, begin, end, kept }: LogFault): Promise<ScenarioResult> {
  const promises = new Promises();
  const [port, adminPort] = [await freePort(), await freePort()];
  const env = { PORT: String(port), ADMIN_PORT: String(adminPort), SABOTAGE: 'chatter' };
  const options = { ...env, NODE_OPTIONS: `--import=${SABOTEUR}` };
  await using service = spawnService('echo', options, launcher);
  const url = `http://127.0.0.1:${adminPort}`;
  await eventually(async () => {
    if (!(await fetch(`${url}/readyz`)).ok) throw new Error(`${name}: the service does not get ready`);
  }, 30_000);
  await begin?.(service);
  await using control = new Control(() => port);
  const served = (): Promise<void> => {
    const enough = control.answered + EXCHANGES;
    return eventually(() => {
      promises.equal(service.child.exitCode, null, 'The exit code of the service, which must run on,');
      if (control.answered < enough) throw new Error('the data plane does not answer');
    }, 30_000);
  };
  let said = 0;
  const chatter = (): void => {
    said += LINES;
    service.child.kill('SIGUSR2');
  };
  chatter();
  await served();
  chatter();
  await served();
  await end?.(service, promises, chatter);
  await control.stop();
  promises.equal(control.answered, control.asked, 'Exchanges that were answered');
  const metrics = parseMetrics(await (await fetch(`${url}/metrics`)).text());
  promises.equal(metrics.value('l4_data_plane_worker_restarts_total'), 0, 'Restarts of the data plane');
  // A stuck reader keeps the pipe open, so wait for the end of the process, not of its output.
  const exit = once(service.child, 'exit');
  service.child.kill('SIGTERM');
  const [code] = await exit;
  promises.equal(code, 0, 'The exit code after SIGTERM');
  const lost = said - (await kept(service));
  return {
    load: `${control.asked} exchanges while it has ${inWords(said)} log lines to say`,
    lost: `${inWords(lost)} log lines, ${control.asked - control.answered} exchanges`,
    figures: { 'longest gap': `${control.longestGapMs.toFixed(0)} ms` },
    broken: promises.broken,
  };
}

function inWords(count: number): string {
  return count.toLocaleString('en');
}

/** The reader must have read nothing: otherwise the fault was not in effect. */
function expectNoneRead(service: ServiceProcess, promises: Promises): void {
  promises.equal(linesRead(service), 0, 'Log lines that were read by a reader that does not');
}

function linesRead({ log }: ServiceProcess): number {
  return log.filter(({ msg }) => msg === SAID).length;
}

function scenario(name: string, brief: number, run: Scenario['run']): Scenario {
  return { name, area: 'faults', seconds: { brief, full: 4 }, run };
}

/** In brief: packages/runtime/test/log.test.ts. */
export const logScenarios: readonly Scenario[] = [
  scenario('log reader gone', 0, () =>
    logFault({
      name: 'log reader gone',
      async begin({ child }) {
        child.stdout?.destroy();
        await once(child.stdout!, 'close');
      },
      end: expectNoneRead,
      kept: linesRead,
    }),
  ),
  scenario('log reader stuck', 0, () =>
    logFault({
      name: 'log reader stuck',
      begin: ({ child }) => void child.stdout?.pause(),
      end: expectNoneRead,
      async kept(service) {
        // Lines that are still in the pipe.
        service.child.stdout?.resume();
        await service.exited;
        return linesRead(service);
      },
    }),
  ),
];

/** The scenarios that need their own file system. */
export const diskScenarios: readonly Scenario[] = [
  scenario('disk of the log full', 4, async () => {
    using disk = new TinyDisk();
    const log = join(disk.folder, 'log');
    const filler = join(disk.folder, 'filler');
    writeFileSync(filler, Buffer.alloc(DISK_BYTES / 2));
    return await logFault({
      name: 'disk of the log full',
      launcher: ['sh', '-c', 'exec "$@" >>"$0"', log],
      async end(_service, promises, chatter) {
        promises.expect(disk.isFull, 'The disk must have become full.');
        const before = statSync(log).size;
        truncateSync(filler);
        chatter();
        try {
          await eventually(() => {
            if (statSync(log).size <= before) throw new Error('nothing more was logged');
          });
        } catch {
          promises.expect(
            false,
            'It must log again once there is room.',
            `${before} bytes of log, as before`,
          );
        }
        promises.expect(readFileSync(log, 'utf8').startsWith('{'), 'The log must be what it was.');
      },
      kept: () => readFileSync(log, 'utf8').split(`"msg":"${SAID}"`).length - 1,
    });
  }),
];

/** Why this machine can't fill a disk for a test, or undefined. */
export function diskProblem(): string | undefined {
  return TinyDisk.problem();
}
