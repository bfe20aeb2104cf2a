import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programProblem } from '../harness/programs.ts';
import { skipFor } from '../harness/skip-for.ts';
import { clauses } from './clauses.ts';
import { runClauses } from './run-clauses.ts';
import { startXinetd, type Xinetd } from './xinetd.ts';

/** A row of the comparison: `| id | what a server does | level | echo-daytime | xinetd | … |`, ids as code. */
async function readComparison(): Promise<Map<string, readonly string[]>> {
  const page = await readFile(new URL('../../docs/conformance.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| `\d+-(tcp|udp)-/.test(line));
  return new Map(
    rows.map((row) => {
      const [id = '', ...cells] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      return [id.replaceAll('`', ''), cells];
    }),
  );
}

const OURS = 2;
const XINETD = 3;

describe('the comparison in docs/conformance.md', () => {
  it('should have every clause, word for word, held by our services', async () => {
    const expected = clauses.map(({ id, text, level }) => [id, [text, level, 'held']]);
    const shown = [...(await readComparison())].map(([id, cells]) => [id, cells.slice(0, OURS + 1)]);
    expect(shown).toEqual(expected);
  });

  describe('with xinetd', skipFor(programProblem('xinetd')), () => {
    let xinetd: Xinetd;
    beforeAll(async () => {
      xinetd = await startXinetd();
    });
    afterAll(() => xinetd[Symbol.asyncDispose]());

    it('should show what it does', async () => {
      const results = await runClauses(xinetd.target);
      const rows = await readComparison();
      // xinetd is no STAMP reflector, and has no column there.
      const tried = results.filter(({ clause }) => clause.port in xinetd.target);
      const shown = tried.map(({ clause }) => [clause.id, rows.get(clause.id)?.[XINETD]]);
      const seen = tried.map(({ clause, outcome }) => {
        const varies = rows.get(clause.id)?.[XINETD] === 'varies' && ['held', 'failed'].includes(outcome);
        return [clause.id, varies ? 'varies' : outcome];
      });
      expect(seen).toEqual(shown);
    });
  });
});
