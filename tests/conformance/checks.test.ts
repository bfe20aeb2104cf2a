import { describe, expect, it } from 'vitest';
import { brokenServers } from './broken-servers.ts';
import { clauses } from './clauses.ts';
import { runClause } from './run-clauses.ts';

/** Long enough for loopback; every silence costs it. */
const TIMEOUT_MS = 400;

describe('the checks', () => {
  it.concurrent.each(brokenServers)(
    'should not pass a server for $clause that $how',
    async ({ clause: id, reason, open }) => {
      await using server = await open();
      const clause = clauses.find((candidate) => candidate.id === id)!;
      const target = { host: '127.0.0.1', [clause.port]: server.port, timeoutMs: TIMEOUT_MS };
      const result = await runClause(clause, target);
      expect(result.outcome).toBe(clause.level === 'required' ? 'failed' : 'differs');
      expect(result.reason).toMatch(reason);
    },
  );

  it('should each have met a server that they do not pass', () => {
    const met = new Set(brokenServers.map(({ clause }) => clause));
    expect(clauses.map(({ id }) => id).filter((id) => !met.has(id))).toEqual([]);
  });

  it('should have one id each', () => {
    expect(new Set(clauses.map(({ id }) => id)).size).toBe(clauses.length);
  });
});
