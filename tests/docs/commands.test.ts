import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { freeFleetPorts } from '../harness/free-port.ts';
import { generatorProblem, programProblem } from '../harness/programs.ts';
import { isAlive, ShellProgram } from '../harness/shell-program.ts';
import { skipFor } from '../harness/skip-for.ts';
import { documentedCommand, documentedCommands } from './documented-commands.ts';
import { onLoopback } from './on-loopback.ts';
import { ways } from './ways-to-run.ts';

/** Why the commands with a client can't run here; the name of the client is a word in them. */
const problems = [
  { client: /\bncat\b/, problem: programProblem('ncat') },
  { client: /\bcurl\b/, problem: programProblem('curl') },
  { client: /^npm run bench\b/, problem: generatorProblem },
];

/** `npm start`, moved: the clients of the pages find it there. */
const at = await freeFleetPorts();

describe('every documented command', () => {
  let fleet: ShellProgram;
  beforeAll(async () => {
    const moved = Object.entries(at).map(([variable, port]) => [variable, `${port}`]);
    const { text } = documentedCommand('README.md', 'npm start');
    // The page is not used here, so the probe takes few samples.
    const env = { ...Object.fromEntries(moved), FAULTS: 'on', LOG_LEVEL: 'info', INTERVAL: '1m' };
    fleet = new ShellProgram(text, { env });
    await fleet.printed('Ctrl-C stops it.');
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  /** Results by command: a command of two pages is run once, and both pages get its result. */
  const runs = new Map<string, Promise<void>>();

  for (const command of documentedCommands) {
    const { page, line, text, comment } = command;
    const problem = problems.find((one) => one.problem !== undefined && one.client.test(text))?.problem;
    it(`should do what ${page}:${line} says: ${text}`, skipFor(problem), async () => {
      const way = ways.find(({ commands }) => commands.test(text));
      if (!way) {
        throw new Error(
          `${page}:${line}: no test runs this command: ${text}\n` +
            'Say in tests/docs/ways-to-run.ts how it is run and what its result must be.',
        );
      }
      const said = `${text} # ${comment}`;
      const run = runs.get(said) ?? Promise.resolve(way.run({ ...command, text: onLoopback(text, at) }));
      runs.set(said, run);
      await run;
    });
  }

  it('should end with npm start at Ctrl-C: exit code 0, and nothing left behind', async () => {
    const family = fleet.family();
    // npm, the bootstrap, the start program and the four services, at least.
    expect(family.length).toBeGreaterThanOrEqual(7);
    fleet.pressCtrlC();
    // The script replaces npm's shell (exec), because a shell would die of the signal, and npm would report that.
    expect(await fleet.exited).toEqual([0, null]);
    // npm has forwarded its own signal as well, and still each service finished its drain.
    expect(fleet.stdout.match(/"msg":"stopped"/g)).toHaveLength(4);
    await eventually(() => expect(family.filter(isAlive)).toEqual([]));
  });
});

it('should have a command for every way to run one', () => {
  const used = new Set(
    documentedCommands.map(({ text }) => ways.find(({ commands }) => commands.test(text))),
  );
  expect(ways.filter((way) => !used.has(way)).map(({ commands }) => `${commands}`)).toEqual([]);
});

describe('the addresses of a page', () => {
  it('should stand for loopback and the ports of the fleet', () => {
    const ports = { ...at, ECHO_PORT: 21_007, DAYTIME_PORT: 21_013, UDP_DAYTIME_PORT: 21_013 };
    const said = [
      'load-probe echo+tcp://192.0.2.7:7?name=lb daytime+udp://[2001:db8::7]:13 tcp://echo.example:7007',
      'npm run conformance -- --host 192.0.2.10 --echo-port 7 --daytime-port 13 --timeout 7s',
      'ncat --udp 127.0.0.1 7013; ncat localhost 7007; load-probe resolve :7',
    ];
    expect(said.map((command) => onLoopback(command, ports))).toEqual([
      'load-probe echo+tcp://127.0.0.1:21007?name=lb daytime+udp://[::1]:21013 tcp://localhost:21007',
      'npm run conformance -- --host 127.0.0.1 --echo-port 21007 --daytime-port 21013 --timeout 7s',
      'ncat --udp 127.0.0.1 21013; ncat localhost 21007; load-probe resolve :7',
    ]);
  });
});
