/**
 * `npm run soak`: the fleet under mixed load for a long time. Exit codes: 0 every promise held, 1 a promise was broken,
 * 2 usage.
 */
import { parseArgs } from 'node:util';
import { onStopSignals } from '@echo-daytime/runtime/stop-signals';
import { putResults } from '../table.ts';
import { BEGIN, END, reportOf } from './report.ts';
import { runSoak } from './run-soak.ts';

const EXIT_BROKEN = 1;
const EXIT_USAGE = 2;
/** Exit code that a shell reports for a program ended by SIGINT. */
const EXIT_INTERRUPTED = 130;
const USAGE = `usage: npm run soak -- [--minutes N] [--update-docs]

  --minutes N     how long the load lasts, from 0.1 to 100000; 60 if not given. Growth is judged from 10 on.
  --update-docs   writes what came of it into docs/reliability.md`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    console.error(`soak: ${options}\n${USAGE}`);
    return EXIT_USAGE;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const interrupted = new AbortController();
  onStopSignals(() => interrupted.abort());
  const startedAt = new Date();
  console.error(`soak: load for ${options.minutes} min; Ctrl-C ends it.`);
  try {
    const result = await runSoak(options.minutes, interrupted.signal);
    const report = reportOf(result, startedAt);
    console.log(report);
    if (options.updateDocs) putResults(BEGIN, END, report);
    return result.broken.length === 0 ? 0 : EXIT_BROKEN;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    console.error('soak: interrupted');
    return EXIT_INTERRUPTED;
  }
}

interface Options {
  readonly minutes: number;
  readonly updateDocs: boolean;
  readonly help: boolean;
}

/** The options, or what is wrong with the command line. */
function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '60' },
        'update-docs': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const minutes = /^\d+(\.\d+)?$/.test(values.minutes) ? Number(values.minutes) : Number.NaN;
    if (!(minutes >= 0.1 && minutes <= 100_000)) {
      return `--minutes ${JSON.stringify(values.minutes)}: must be a number from 0.1 to 100000, such as 60`;
    }
    return { minutes, updateDocs: values['update-docs'], help: values.help };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
