/**
 * `npm run torture`: overload, faults, hostile input and amplification against real services on this machine. Exit
 * codes: 0 every tested promise held, 1 a promise was broken, 2 usage.
 */
import { parseArgs } from 'node:util';
import { systemPath } from '../harness/system-path.ts';
import { type Row, runScenario, type Scale } from './scenario.ts';
import { problemOf, scenarios } from './scenarios.ts';
import { brokenPromises, closingLine, rowLine, tableOf, writeResults } from './table.ts';

const EXIT_BROKEN = 1;
const EXIT_USAGE = 2;
const HELP = `Puts overload, faults and hostile input on real services of this machine and prints what held.

usage: npm run torture -- [--only NAME]... [--brief] [--update-docs] [--list]

  --only NAME    only the scenarios whose name or area has this in it
  --brief        at the scale of npm test: smaller numbers, and no promise about time
  --update-docs  write the table into docs/reliability.md
  --list         print the scenarios, and why one would be skipped here, and exit

What this machine can't carry out is skipped, with a row that says why.

Exit codes: 0 every promise that was tried held, 1 one was broken, 2 usage.`;

// Scenarios need ip, nft and mount.
process.env.PATH = systemPath;
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args);
  if (typeof flags === 'string') {
    console.error(`torture: ${flags}\nRun with --help for every flag.`);
    return EXIT_USAGE;
  }
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const scale: Scale = flags.brief ? 'brief' : 'full';
  const chosen = scenarios.filter(
    ({ area, name, seconds }) =>
      seconds[scale] > 0 &&
      (flags.only.length === 0 || flags.only.some((part) => name.includes(part) || area.includes(part))),
  );
  if (flags.list) {
    for (const scenario of chosen) {
      const { area, name, seconds } = scenario;
      const problem = problemOf(scenario);
      console.log(
        `${area}: ${name} (${seconds[scale]} s)${problem === undefined ? '' : `, SKIPPED: ${problem}`}`,
      );
    }
    return 0;
  }
  const rows: Row[] = [];
  for (const scenario of chosen) {
    const reason = problemOf(scenario);
    const row: Row =
      reason === undefined
        ? await runScenario(scenario, scale)
        : { scenario, seconds: 0, outcome: { name: 'skipped', reason } };
    rows.push(row);
    console.log(rowLine(row));
  }
  console.log(`\n${tableOf(rows)}\n`);
  console.log(closingLine(rows));
  if (flags['update-docs']) writeResults(rows, args);
  return rows.every((row) => brokenPromises(row).length === 0) ? 0 : EXIT_BROKEN;
}

/** The flags, or what is wrong with them. */
function readFlags(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        brief: { type: 'boolean', default: false },
        'update-docs': { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const known = (part: string): boolean =>
      scenarios.some(({ area, name }) => name.includes(part) || area.includes(part));
    const unknown = values.only.find((part) => !known(part));
    if (unknown === undefined) return values;
    return `--only ${unknown} is in the name of no scenario; --list prints them`;
  } catch (error) {
    return (error as Error).message;
  }
}
