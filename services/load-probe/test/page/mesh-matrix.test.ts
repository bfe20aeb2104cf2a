import { describe, expect, it } from 'vitest';
import { chromiumProblem } from '../../../../tests/harness/chromium.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { rowOf } from '../../src/monitor/mesh/row.ts';
import type { MeshDocument } from '../../src/monitor/mesh/types.ts';
import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { PageBrowser } from './browser.ts';
import { discoveryStatus, peerStatus } from './mesh.ts';
import { PageServer } from './server.ts';
import { goodMinute, statusDocument } from './targets.ts';

const MESH = 'load-probe-admin:8080';
const NODES = ['n1', 'n2', 'n10'] as const;
const addressOf = (node: string): string => `10.0.0.${node.slice(1)}`;

/** What the probe on a node sees of the echoes on all nodes. @param changes of the cells to some nodes */
function seenFrom(node: string, changes: Readonly<Record<string, Partial<TargetStatus>>> = {}) {
  const peers = NODES.flatMap((to) => [
    peerStatus('tcp', addressOf(to)),
    peerStatus('stamp', addressOf(to), {
      responders: {
        ...{ known: 3, other: 0, unknown: 0, unknownDetail: null },
        responders: [{ name: `echo-${to}`, fields: `pod=echo-${to} node=${to} zone=z`, count: 3 }],
      },
      ...changes[to],
    }),
  ]);
  return statusDocument(peers, { node, zone: 'z', host: `probe-${node}`, run: node, mesh: MESH }, [
    discoveryStatus('tcp', { peers: 3 }),
    discoveryStatus('stamp', { peers: 3 }),
  ]);
}

function meshOf(...probes: MeshDocument['probes']): MeshDocument {
  return { version: 2, now: Date.now(), name: MESH, problem: null, probes, omitted: 0 };
}

describe('the mesh on the status page', skipFor(chromiumProblem), () => {
  const browser = new PageBrowser();
  const server = new PageServer();

  it('should be a matrix of all probes and all peers, by their nodes', async () => {
    const lossy = { window: { ...goodMinute, lossRatio: 0.05, p99Ms: 7 } };
    const dead = {
      state: 'down',
      window: { ...goodMinute, lossRatio: 1, p50Ms: null, p99Ms: null },
    } as const;
    const changes: Record<string, Record<string, Partial<TargetStatus>>> = { n2: { n1: lossy, n10: dead } };
    server.mesh = meshOf(
      ...NODES.map((node) => ({ address: addressOf(node), row: rowOf(seenFrom(node, changes[node])) })),
      { address: '10.0.0.99', problem: '10.0.0.99:8080 did not answer within 2000 ms' },
    );
    server.publishStatus(seenFrom('n1'));
    const page = await browser.openLive(server.url);
    const matrix = page.getByRole('table', { name: 'Mesh' });
    await matrix.waitFor();
    const textsOf = async (role: 'columnheader' | 'rowheader') =>
      (await matrix.getByRole(role).allInnerTexts()).map((text) => text.split(/\s*\n\s*/).filter(Boolean));
    expect(await textsOf('columnheader')).toEqual([
      ['Probe'],
      ...NODES.map((node) => [node, `z · ${addressOf(node)}`]),
    ]);
    expect(await textsOf('rowheader')).toEqual([
      ['10.0.0.99'],
      ...NODES.map((node) => [node, `z · probe-${node} · ${addressOf(node)}`]),
    ]);
    const cells = (name: string) =>
      matrix
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name }) })
        .getByRole('cell');
    expect(await cells('10.0.0.99').allInnerTexts()).toEqual([
      '10.0.0.99:8080 did not answer within 2000 ms',
    ]);
    for (const node of ['n1', 'n10']) {
      expect(await cells(`probe-${node} ·`).allTextContents()).toEqual(
        Array(3).fill('Up, loss 0%, p99 1.93 ms'),
      );
    }
    // The worst of both targets; the title tells each.
    expect(await cells('probe-n2 ·').allTextContents()).toEqual([
      'Up, strained, loss 5%, p99 7.00 ms',
      'Up, loss 0%, p99 1.93 ms',
      'Down, loss 100%, p99 1.93 ms',
    ]);
    expect(await cells('probe-n2 ·').nth(2).locator('[title]').getAttribute('title')).toBe(
      'n2 → n10\ntcp, new flows: loss 0%, p50 0.418 ms, p99 1.93 ms\nstamp, new flows: loss 100%, p50 –, p99 –',
    );
    expect(browser.complaints).toEqual([]);
  });

  it('should say what is wrong, and be hidden where the probe is in no mesh', async () => {
    server.publishStatus(seenFrom('n1'));
    const page = await browser.openLive(server.url);
    const note = page.locator('#mesh-note');
    await note.getByText('This is not up to date: the probe answered 503.').waitFor();
    server.mesh = { ...meshOf(), problem: 'probes.example has no address (ENOTFOUND)', omitted: 3 };
    await page.reload();
    await note.getByText('Not all probes are known: probes.example has no address (ENOTFOUND).').waitFor();
    expect(await note.innerText()).toContain('3 more are not asked: too many.');
    server.publishStatus(statusDocument([]));
    await page.locator('#mesh').waitFor({ state: 'hidden' });
  });
});
