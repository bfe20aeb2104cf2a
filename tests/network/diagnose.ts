/** Runs `explain` over the situations of the lab, and prints the table of docs/diagnosis.md: `npm run diagnose`. */
import { parseArgs } from 'node:util';
import { FaultLab } from './fault-lab.ts';
import { type Situation, situations, type Told, tell } from './situations.ts';
import { startPrograms } from './target-programs.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    /** Situations whose name has this, a regular expression. */
    only: { type: 'string', default: '' },
  },
});

type Result = 'right' | 'unknown' | 'wrong';

function resultOf({ cause }: Situation, told: Told): Result {
  if (told.cause === cause) return 'right';
  return told.cause === 'unknown' ? 'unknown' : 'wrong';
}

const problem = FaultLab.problem();
if (problem !== undefined) throw new Error(problem);

const tried = situations.filter(({ name }) => new RegExp(values.only).test(name));
const all = new Map<Situation, Told[]>(tried.map((situation) => [situation, []]));
using lab = new FaultLab({ nextHops: 4 });
await lab.startEcho();
await startPrograms(lab);
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const situation of tried) {
    lab.break(situation.fault, situation.index);
    const told = await tell(lab, situation);
    all.get(situation)!.push(told);
    const result = resultOf(situation, told);
    process.stderr.write(`${result}: ${situation.name}: ${told.sentence} (${told.seconds.toFixed(1)} s)\n`);
    // What it saw tells what to mend.
    if (result !== 'right') process.stderr.write(told.observations.map((each) => `    ${each}\n`).join(''));
  }
}

console.log('| situation | right cause | right | unknown | wrong | seconds |\n|---|---|---|---|---|---|');
for (const [situation, told] of all) {
  const count = (wanted: Result): number =>
    told.filter((each) => resultOf(situation, each) === wanted).length;
  const results = [count('right'), count('unknown'), count('wrong')].join(' | ');
  console.log(`| ${situation.name} | \`${situation.cause}\` | ${results} | ${middle(told).toFixed(1)} |`);
}
const told = [...all.values()].flat();
console.log(`\n${told.length} explanations, median ${middle(told).toFixed(1)} s`);

/** The median of the seconds. */
function middle(told: readonly Told[]): number {
  return told.map(({ seconds }) => seconds).sort((one, other) => one - other)[Math.floor(told.length / 2)]!;
}
