import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatorProblem } from '../../bench/generator-problem.ts';
import { programProblem } from '../conformance/programs.ts';
import { DEFAULT_PORTS_TIMEOUT_MS, takeDefaultPorts } from '../harness/default-ports.ts';
import { ShellProgram } from '../harness/shell-program.ts';
import { skipFor } from '../harness/skip-for.ts';
import { kubectlProblem } from '../kubernetes/kubectl.ts';
import { documentedCommand, documentedCommands } from './documented-commands.ts';
import { onLoopback } from './on-loopback.ts';
import { ways } from './ways-to-run.ts';

const COMMAND_TIMEOUT_MS = 60_000;
/** Why the commands with a client can't run here; the name of the client is a word in them. */
const problems = [
  { client: /\bncat\b/, problem: programProblem('ncat') },
  { client: /\bcurl\b/, problem: programProblem('curl') },
  { client: /\bkubectl\b/, problem: kubectlProblem },
  { client: /^npm run bench\b/, problem: generatorProblem },
];

describe('every documented command', () => {
  const owned = new AsyncDisposableStack();

  beforeAll(async () => {
    owned.use(await takeDefaultPorts());
    const { text } = documentedCommand('README.md', 'npm start');
    const fleet = owned.use(new ShellProgram(text, { env: { FAULTS: 'on' } }));
    await fleet.printed('Ctrl-C stops it.');
    owned.defer(async () => {
      fleet.pressCtrlC();
      await fleet.exited;
    });
  }, DEFAULT_PORTS_TIMEOUT_MS);

  afterAll(() => owned.disposeAsync(), COMMAND_TIMEOUT_MS);

  /** By text: what two pages say alike is run once, and each page has what came of it. */
  const runs = new Map<string, Promise<void>>();

  for (const command of documentedCommands) {
    const { page, line, text, comment } = command;
    const problem = problems.find((one) => one.problem !== undefined && one.client.test(text))?.problem;
    it(`should do what ${page}:${line} says: ${text}`, {
      ...skipFor(problem),
      timeout: COMMAND_TIMEOUT_MS,
    }, async () => {
      const way = ways.find(({ commands }) => commands.test(text));
      if (!way) {
        throw new Error(
          `${page}:${line}: no test runs this command: ${text}\n` +
            'Say in tests/docs/ways-to-run.ts how it is run and what must come of it.',
        );
      }
      const said = `${text} # ${comment}`;
      const run = runs.get(said) ?? Promise.resolve(way.run(command));
      runs.set(said, run);
      await run;
    });
  }
});

it('should have a command for every way to run one', () => {
  const used = new Set(
    documentedCommands.map(({ text }) => ways.find(({ commands }) => commands.test(text))),
  );
  expect(ways.filter((way) => !used.has(way)).map(({ commands }) => `${commands}`)).toEqual([]);
});

describe('the addresses of a page', () => {
  it('should stand for loopback and the ports of the fleet', () => {
    const said = [
      'load-probe echo+tcp://192.0.2.7:7?name=lb daytime+udp://[2001:db8::7]:13 tcp://echo.example:7007',
      'npm run conformance -- --host 192.0.2.10 --echo-port 7 --daytime-port 13 --timeout 7s',
    ];
    expect(said.map(onLoopback)).toEqual([
      'load-probe echo+tcp://127.0.0.1:7007?name=lb daytime+udp://[::1]:7013 tcp://localhost:7007',
      'npm run conformance -- --host 127.0.0.1 --echo-port 7007 --daytime-port 7013 --timeout 7s',
    ]);
  });
});
