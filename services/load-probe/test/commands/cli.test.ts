import { readFileSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { plain, tableOf } from '../../../../tests/harness/markdown.ts';
import { judge } from '../../src/cli/gates.ts';
import { rootCommand } from '../../src/cli.ts';
import { jsonReport as checkJson } from '../../src/commands/check/report.ts';
import { FlowRecord } from '../../src/commands/during/flow-record.ts';
import { jsonReport as duringJson } from '../../src/commands/during/report.ts';
import { LoadCounters } from '../../src/commands/load/counters.ts';
import { judgeLoad, jsonReport as loadJson } from '../../src/commands/load/report.ts';
import { LoadResult } from '../../src/commands/load/result.ts';
import { jsonReport as traceJson } from '../../src/commands/trace/report.ts';
import { Tally } from '../../src/series/tally.ts';
import { ended, runProcess, runProgram, startProgram } from '../program.ts';
import { targetOf } from '../take-samples.ts';

const REFERENCE = 'docs/cli.md';
const page = readFileSync(new URL(`../../../../${REFERENCE}`, import.meta.url), 'utf8');
const { commands } = await rootCommand({});

describe('the command line', () => {
  it('should have every command, monitor first', () => {
    expect(commands.map((command) => command.name())).toEqual([
      'monitor',
      'check',
      'load',
      'during',
      'send',
      'idle',
      'mtu',
      'trace',
      'paths',
      'explain',
      'resolve',
      'targets',
    ]);
  });

  it('should name its commands and its version', async () => {
    const root = await runProcess(['--help']);
    expect(root).toMatchObject({ code: 0, stderr: '' });
    for (const command of commands) expect(root.stdout).toMatch(new RegExp(`^  ${command.name()} `, 'm'));
    const version = await runProgram(['--version']);
    expect(version).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it.each(['chek', 'help', 'echo+tcp://192.0.2.7:7'])(
    'should list the commands when asked for %s',
    async (word) => {
      const { code, stdout, stderr } = await runProgram([word, '--json']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(
        `load-probe: 1 problem in the command line\n  there is no command "${word}"; there are monitor, check, load, during, send, idle, mtu, trace, paths, explain, resolve and targets\n`,
      );
    },
  );

  it('should exit 2 for an option of no command', async () => {
    const { code, stdout, stderr } = await runProgram(['resolve', '--colour', 'localhost']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(
      'load-probe resolve: 1 problem in the command line\n  there is no option --colour\n',
    );
  });

  it('should end quietly when its reader closes the pipe', async () => {
    const child = startProgram(['--help']);
    child.stdout?.destroy();
    expect(await ended(child)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe.each(commands.map((command) => [command.name(), command] as const))('%s', (name, command) => {
  it('should explain itself with an example', () => {
    const help = helpOf(command);
    expect(help).toContain(`Usage: load-probe ${name} `);
    expect(examplesIn(help).length).toBeGreaterThan(0);
    for (const option of command.options) expect(option.description.length).toBeGreaterThan(10);
  });

  it('should be in the reference with its options, defaults and examples', () => {
    const options = command.options.map(rowOf);
    const documented =
      options.length === 0 ? [] : tableOf(REFERENCE, name).map((row) => row.map(unescapeCell));
    expect(documented).toEqual(options);
    const section = sectionOf(name);
    expect(section).toContain(`load-probe ${name} ${command.usage()}`);
    const shown = [...section.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, code = '']) =>
      code.trim().split('\n'),
    );
    expect(shown).toEqual(examplesIn(helpOf(command)));
  });
});

describe('the reference', () => {
  it('should have a section for each command and no other', () => {
    const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(commands.map((command) => command.name()));
  });
});

describe('the JSON', () => {
  const target = targetOf('echo+tcp://192.0.2.7:7');

  it('should be in the reference with every field: check', () => {
    const limit = { kind: 'max-loss', limit: 0, text: '0%' } as const;
    const tally = new Tally(target, 3);
    tally.sample({ sequence: 0, at: 0, outcome: 'ok', detail: '', rttMs: 1, lagMs: 0, phases: {} });
    tally.sample({
      sequence: 1,
      at: 0,
      outcome: 'lost',
      detail: 'x',
      rttMs: undefined,
      lagMs: 0,
      phases: {},
    });
    tally.abandoned({ sequence: 2, ageMs: 1, isOverdue: true });
    tally.flowDied({ at: 0, ageMs: 1, cause: 'fin' });
    const { evidence, measures } = tally;
    const gate = judge(limit, [{ id: target.id, measures, evidence }], 0.5);
    const json = checkJson({
      interrupted: true,
      startedAt: 0,
      elapsedMs: 0,
      targets: [tally],
      gates: [gate],
      minMeasured: 0.5,
    });
    expectDocumented(JSON.parse(json), sectionOf('check'));
  });

  it('should be in the reference with every field: during', () => {
    const record = new FlowRecord(targetOf('echo+tcp://192.0.2.7:7?flow=sticky'), 3, () => {});
    const lost = { outcome: 'lost', detail: 'x', rttMs: undefined } as const;
    record.sample({ sequence: 0, at: 0, ...lost, lagMs: 0, phases: {} });
    record.flowDied({ at: 0, ageMs: 1, cause: 'fin' });
    const end = { code: null, signal: 'SIGTERM' } as const;
    const work = { name: 'done', startedAt: 0, endedAt: 1, end } as const;
    const common = { interrupted: true, startedAt: 0, elapsedMs: 1, gates: [], minMeasured: 0.5 };
    const json = duringJson({ ...common, targets: [record], work }, ['sleep', '10']);
    // Gates and the rest of targets have the same fields as in check.
    expectDocumented(JSON.parse(json), sectionOf('during') + sectionOf('check'));
  });

  it('should be in the reference with every field: load', () => {
    const plan = {
      target,
      mode: { name: 'closed' },
      durationMs: 1,
      connections: 1,
      pipeline: 1,
      workers: 1,
    } as const;
    const counters = new LoadCounters(LoadCounters.allocate());
    counters.answered(1);
    const result = new LoadResult({
      plan,
      isInterrupted: true,
      interruptedIn: { stage: 'opening', ageMs: 1 },
      counters: [counters],
      workers: [],
    });
    const json = loadJson(judgeLoad(result, [{ kind: 'max-loss', limit: 0, text: '0%' }], 0.5));
    // Failures, gates and round trips have the same fields as in check.
    expectDocumented(JSON.parse(json), sectionOf('load') + sectionOf('check'));
  });

  it('should be in the reference with every field: trace', () => {
    const hop = { ttl: 1, address: '192.0.2.7', rttMs: 1, sent: 1, lost: 0, notes: ['x'] };
    const walk = { sourcePort: 20_003, hops: [hop], end: 'target' } as const;
    const options = { target: { ...target, dscp: 46 }, count: 1, maxHops: 1, timeoutMs: 1, sourcePort: 0 };
    const parting = { ttl: 1, one: '192.0.2.7', other: null, commonTtl: 0 };
    const json = traceJson(options, {
      ...{ remote: '192.0.2.7:7', failed: [], walk, second: walk, parting, isInterrupted: false },
    });
    expectDocumented(JSON.parse(json), sectionOf('trace'));
  });
});

/** Expects the names of all fields in a text, as code. Outcomes are data, not fields. */
function expectDocumented(document: unknown, text: string): void {
  if (typeof document !== 'object' || document === null) return;
  for (const [field, value] of Object.entries(document)) {
    if (!Array.isArray(document)) expect(text).toMatch(new RegExp(`\`\\.?${field}(\\[\\])?\``));
    if (field !== 'outcomes') expectDocumented(value, text);
  }
}

/** The output of a command for `--help`. */
function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut(text) {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}

function examplesIn(help: string): string[] {
  const [, examples = ''] = /^Examples?:\n(.*)/ms.exec(help) ?? [];
  return examples
    .split('\n')
    .filter((line) => line.startsWith('  load-probe '))
    .map((line) => line.trim());
}

/** The row of an option in the table of the reference. */
function rowOf({ flags, description }: Option): string[] {
  const [, does = '', initial = ''] = /^(.*?)(?: \(default (.*)\))?$/.exec(description) ?? [];
  return [flags, initial, does];
}

function unescapeCell(cell: string): string {
  return plain(cell).replaceAll('\\|', '|');
}

function sectionOf(name: string): string {
  const start = page.indexOf(`\n## ${name}\n`);
  const end = page.indexOf('\n## ', start + 1);
  return page.slice(start, end < 0 ? undefined : end);
}
