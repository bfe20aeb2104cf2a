import { type Clause, clauses } from './clauses.ts';
import { type PortKey, portKeys, type Target } from './target.ts';
import { Violation } from './violation.ts';

/**
 * - `failed`: a required clause does not hold
 * - `differs`: a suggested clause does not hold; the server still conforms
 * - `skipped`: the target has no port for it, or nothing listens there
 */
export const outcomes = ['held', 'failed', 'differs', 'skipped'] as const;
export type ClauseOutcome = (typeof outcomes)[number];

export interface ClauseResult {
  readonly clause: Clause;
  readonly outcome: ClauseOutcome;
  /** Why it was not held. */
  readonly reason?: string;
}

/** Tries every clause; one after the other on each port, so that no check disturbs the next. */
export async function runClauses(target: Target): Promise<readonly ClauseResult[]> {
  return (await Promise.all(portKeys.map((key) => runClausesOf(key, target)))).flat();
}

export async function runClause(clause: Clause, target: Target): Promise<ClauseResult> {
  const port = target[clause.port];
  if (port === undefined) return { clause, outcome: 'skipped', reason: 'no port given' };
  try {
    await clause.check({ host: target.host, port, timeoutMs: target.timeoutMs });
    return { clause, outcome: 'held' };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { clause, outcome: clause.level === 'required' ? 'failed' : 'differs', reason: error.message };
  }
}

async function runClausesOf(key: PortKey, target: Target): Promise<readonly ClauseResult[]> {
  const results: ClauseResult[] = [];
  for (const clause of clauses.filter(({ port }) => port === key)) {
    const first = results[0];
    if (first?.outcome === 'failed') {
      // Nothing listens there: the other clauses would only time out.
      results.push({ clause, outcome: 'skipped', reason: `not tried, as ${first.clause.id} failed` });
    } else {
      results.push(await runClause(clause, target));
    }
  }
  return results;
}
