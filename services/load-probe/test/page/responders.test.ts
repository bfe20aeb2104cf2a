import { describe, expect, it } from 'vitest';
import { chromiumProblem } from '../../../../tests/harness/chromium.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { PageBrowser } from './browser.ts';
import { discoveryStatus, peerStatus } from './mesh.ts';
import { PageServer } from './server.ts';
import { historyDocument, statusDocument, stickyStatus, targetStatus } from './targets.ts';

/** @param counts of answers by the fields of who gave them */
function answeredBy(counts: Readonly<Record<string, number>>): NonNullable<TargetStatus['responders']> {
  const responders = Object.entries(counts).map(([fields, count]) => ({
    name: fields.split(/[= ]/)[1]!,
    ...{ fields, count },
  }));
  const known = responders.reduce((sum, { count }) => sum + count, 0);
  return { known, responders, other: 0, unknown: 0, unknownDetail: null };
}

describe('who answers, on the status page', skipFor(chromiumProblem), () => {
  const browser = new PageBrowser();
  const server = new PageServer();

  it('should be told with shares, and in which direction samples were lost', async () => {
    const stamp = { protocol: 'stamp-udp', url: 'stamp+udp://lb:862' };
    const [a, b] = ['pod=a node=n1 zone=z', 'pod=b node=n2'];
    const move = { at: Date.now() - 60_000, from: a!, to: b! };
    server.publishStatus(
      statusDocument([
        targetStatus('lb', {
          ...stamp,
          responders: { ...answeredBy({ [a!]: 700, [b!]: 300 }), unknown: 2, unknownDetail: 'no room' },
        }),
        stickyStatus('lb', {
          ...stamp,
          responders: answeredBy({ [a!]: 12 }),
          lost: { forward: 17, return: 4 },
          affinityBreaks: { count: 1, last: move },
        }),
        targetStatus('silent', stamp),
      ]),
    );
    server.historyOf = (id, spanMs, buckets) => historyDocument(targetStatus(id), spanMs, buckets, 1);
    const page = await browser.openLive(`${server.url}#/targets/lb`);
    const card = page.locator('.responders');
    const rows = (flow: string) =>
      card.getByRole('table', { name: flow }).locator('tbody').getByRole('row').allInnerTexts();
    expect((await rows('New flows')).map((text) => text.split(/\s*[\t\n]\s*/))).toEqual([
      ['a', 'node n1 · zone z', '70%', '700'],
      ['b', 'node n2', '30%', '300'],
    ]);
    expect(await rows('Old flow')).toHaveLength(1);
    expect(await card.innerText()).toContain('2 answers did not tell: no room');
    expect(await card.locator('.affinity:visible').innerText()).toMatch(
      /^The old flow went over to another responder 1 time, the last time \S.* from pod=a node=n1 zone=z to pod=b node=n2$/,
    );
    const figure = (label: string) =>
      page.locator('dl.figures > div', { has: page.getByText(label, { exact: true }) }).allInnerTexts();
    expect(await figure('Lost there')).toEqual([expect.stringMatching(/\b17$/)]);
    expect(await figure('Lost back')).toEqual([expect.stringMatching(/\b4$/)]);
    expect(browser.complaints).toEqual([]);
    await page.goto(`${server.url}#/targets/silent`);
    await page.getByRole('heading', { level: 1, name: 'silent' }).waitFor();
    expect(await card.isVisible()).toBe(false);
  });

  it('should name the node and the zone of a peer in the matrix', async () => {
    const peers = ['10.0.0.9', '10.0.0.10'].map((peer, index) =>
      peerStatus('stamp', peer, index === 0 ? { responders: answeredBy({ 'pod=a node=n1 zone=z': 3 }) } : {}),
    );
    server.publishStatus(statusDocument(peers, {}, [discoveryStatus('stamp', { peers: 2 })]));
    const page = await browser.openLive(server.url);
    const [first, second] = await page.getByRole('table').getByRole('rowheader').allInnerTexts();
    expect(first!.split(/\s*\n\s*/)).toEqual(['10.0.0.9', 'node n1 · zone z']);
    expect(second).toBe('10.0.0.10');
  });
});
