import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plain, tableOf } from '../../../../tests/harness/markdown.ts';
import { jsonReport as idleJson, textReport as idleText } from '../../src/commands/idle/report.ts';
import type { FirstDeath } from '../../src/commands/idle/run.ts';
import { jsonReport as mtuJson, textReport as mtuText } from '../../src/commands/mtu/report.ts';
import { jsonReport as resolveJson } from '../../src/commands/resolve/report.ts';
import { AnswerRecord } from '../../src/commands/send/answer-record.ts';
import { withNextStep } from '../../src/commands/send/next-step.ts';
import { connectedLines, jsonReport as sendJson } from '../../src/commands/send/report.ts';
import { type FailureKind, flowFailure, outcomeOf } from '../../src/net/failure.ts';
import { systemClock } from '../../src/sampling/clock.ts';

const page = readFileSync(new URL('../../../../docs/cli.md', import.meta.url), 'utf8');

/** The names of all fields of a document. */
function fieldsOf(document: unknown): string[] {
  if (typeof document !== 'object' || document === null) return [];
  return Object.entries(document).flatMap(([name, value]) =>
    Array.isArray(document) ? fieldsOf(value) : [name, ...fieldsOf(value)],
  );
}

function expectDocumented(json: string, command: string): void {
  const start = page.indexOf(`\n### JSON of ${command}\n`);
  const section = page.slice(start, page.indexOf('\n## ', start));
  expect(start).toBeGreaterThan(0);
  const named = [...section.matchAll(/`([A-Za-z]+)(?:\[\])?`/g)].map(([, name]) => name);
  expect([...new Set(fieldsOf(JSON.parse(json)))].filter((name) => !named.includes(name))).toEqual([]);
}

const sendOptions = {
  host: 'echo.example',
  port: 7,
  protocol: 'tcp',
  outgoing: { kind: 'nothing' },
  keepOpen: false,
  dialTimeoutMs: 1,
  readTimeoutMs: 1,
  writeTimeoutMs: 1,
} as const;

describe('the report of send', () => {
  it('should be in the reference with every field', () => {
    const record = new AnswerRecord(systemClock, 'all');
    record.receive(Buffer.from('x'));
    const failure = withNextStep(flowFailure('reset', 'x'));
    const result = { sentBytes: 1, receivedBytes: 1, failure };
    expectDocumented(
      sendJson({ options: sendOptions, result, interrupted: false, durationMs: 1 }, record),
      'send',
    );
  });

  it('should be in the reference with every failure, and each with a next step of its own', () => {
    const rows = tableOf('docs/cli.md', 'Failures of send').map(([kind]) => plain(kind));
    const failureKinds = Object.keys(outcomeOf) as FailureKind[];
    expect(rows).toEqual(failureKinds);
    const steps = failureKinds.map((kind) => withNextStep(flowFailure(kind, '')).next);
    expect(new Set(steps).size).toBe(failureKinds.length);
  });

  it('should store a part of an endless reply, and count the rest', () => {
    const record = new AnswerRecord(systemClock, 'all');
    for (let piece = 0; piece < 20; piece += 1) record.receive(Buffer.alloc(100_000));
    const stopped = { options: sendOptions, result: undefined, interrupted: true, durationMs: 1 };
    const json = sendJson(stopped, record);
    const report = JSON.parse(json);
    expect(report).toMatchObject({ ok: false, interrupted: true, piecesLeftOut: 10 });
    expect(report.pieces).toHaveLength(10);
  });

  it('should note a connect that needed a second SYN', () => {
    const ends = { local: '192.0.2.2:50000', remote: '192.0.2.7:7' };
    expect(connectedLines('tcp', { ...ends, connectMs: 999 })).not.toContain('note');
    expect(connectedLines('tcp', { ...ends, connectMs: 1_034 })).toContain(
      'note: the connect took 1034 ms: a system waits 1000 ms before it sends an unanswered SYN again',
    );
  });
});

describe('the report of idle', () => {
  const options = {
    url: 'echo+tcp://192.0.2.7:7',
    protocol: 'echo-tcp',
    host: '192.0.2.7',
    port: 7,
    maxMs: 1,
    resolutionMs: 1,
    timeoutMs: 1,
    minMs: 100_000,
  } as const;
  const death = { cause: 'silent', whenAsked: true, detail: 'no answer', idleMs: 120_000 } as const;
  const died = (found: FirstDeath, aliveMs: number) => ({
    remote: '192.0.2.7:7',
    outcomes: [{ idleMs: 1, death }],
    result: { name: 'died', aliveMs, death: found } as const,
  });

  it('should be in the reference with every field', () => {
    expectDocumented(idleJson(options, died({ ...death, together: { died: 1, of: 2 } }, 110_000)), 'idle');
  });

  it('should say how often something must be sent, and whether the gate held', () => {
    const words = idleText(options, died(death, 110_000));
    expect(words).toContain('an idle flow to 192.0.2.7:7 is dead after 2m and survives 1m 50s: no answer\n');
    expect(words).toContain('send something, such as a keep-alive, every 1m 50s or sooner\n');
    expect(words).toMatch(/\n--min 1m 40s held\n$/);
  });

  it('should say how many died together', () => {
    const fin = { cause: 'fin', whenAsked: false, detail: 'FIN', idleMs: 60_000 } as const;
    const some = idleText(options, died({ ...fin, together: { died: 1, of: 5 } }, 50_000));
    expect(some).toContain('dies after 1m: FIN; 1 of the 5 that were idle died then\n');
    expect(some).toMatch(/\n--min 1m 40s did not hold\n$/);
  });
});

describe('the report of mtu', () => {
  const options = {
    url: 'echo+udp://192.0.2.7:7',
    host: '192.0.2.7',
    port: 7,
    maxBytes: 65_535,
    tries: 3,
    timeoutMs: 1,
  };
  const about = { remote: '192.0.2.7:7', family: 4, leaving: { name: 'eth0', mtu: 1_500 } } as const;
  const lost = (bytes: number) => ({ bytes, outcome: 'lost', tries: 3 }) as const;

  it('should be in the reference with every field and every kind of failure', () => {
    const sizes = [{ ...lost(1_473), returnedBytes: 1, words: 'x' }];
    const result = { name: 'found', largestBytes: 1_472, hole: { from: 1, to: 2 } } as const;
    expectDocumented(mtuJson({ ...options, minBytes: 1 }, { ...about, sizes, result }), 'mtu');
    for (const outcome of ['never_sent', 'lost', 'too_large', 'truncated', 'corrupt']) {
      expect(page).toContain(`\`${outcome}\``);
    }
  });

  it('should say that a gate within a hole did not hold', () => {
    const result = { name: 'found', largestBytes: 65_507, hole: { from: 1_253, to: 1_472 } } as const;
    const search = { ...about, sizes: [], result };
    expect(mtuText({ ...options, minBytes: 1_252 }, search)).toContain('--min 1252 held');
    expect(mtuText({ ...options, minBytes: 1_253 }, search)).toContain('--min 1253 did not hold');
  });

  it('should say what a limit below one packet means', () => {
    const result = { name: 'found', largestBytes: 1_372 } as const;
    expect(mtuText(options, { ...about, sizes: [lost(1_373)], result })).toContain(
      'one packet of eth0 (MTU 1500) holds 1472 bytes, so the path has a smaller MTU, or a filter drops packets by size',
    );
  });
});

describe('the report of resolve', () => {
  it('should be in the reference with every field', () => {
    const options = { host: 'localhost', service: 'echo', reverse: true, timeoutMs: 1 };
    const json = resolveJson(options, {
      addresses: [{ address: '192.0.2.7', family: 4, name: null }],
      without: [6],
      services: [{ name: 'echo', port: 7, protocol: 'tcp', aliases: [] }],
      problems: ['x'],
    });
    expectDocumented(json, 'resolve');
  });
});
