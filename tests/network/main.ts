/** Runs `explain` over every situation of the lab: `npm run diagnose -- --rounds 5 --only UDP`. */
import { parseArgs } from 'node:util';
import { FaultLab } from './fault-lab.ts';
import { situations, tell } from './situations.ts';
import { startPrograms } from './target-programs.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
  },
});

const problem = FaultLab.problem();
if (problem !== undefined) throw new Error(problem);

const counts = { right: 0, unknown: 0, wrong: 0 };
const times: number[] = [];
using lab = new FaultLab({ nextHops: 4 });
await lab.startEcho();
await startPrograms(lab);
console.log('| situation | cause | told | seconds |\n|---|---|---|---|');
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const situation of situations.filter(({ name }) => name.includes(values.only))) {
    const told = await tell(lab, situation);
    const result = told.cause === situation.cause ? 'right' : told.cause === 'unknown' ? 'unknown' : 'wrong';
    counts[result] += 1;
    times.push(told.seconds);
    const marked = result === 'right' ? told.cause : result === 'unknown' ? told.sentence.replace(/^\S+ /, '') : `**${told.cause}**`;
    console.log(`| ${situation.name} | \`${situation.cause}\` | ${marked} | ${told.seconds.toFixed(1)} |`);
    if (values.verbose || result !== 'right') console.log(told.experiments.map((each) => `    ${each}`).join('\n'));
  }
}
const total = times.length;
const median = times.sort((one, other) => one - other)[Math.floor(total / 2)];
console.log(`\n${counts.right} of ${total} right, ${counts.unknown} unknown, ${counts.wrong} wrong; median ${median} s, longest ${times.at(-1)} s`);
