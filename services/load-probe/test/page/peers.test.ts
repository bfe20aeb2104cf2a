import { describe, expect, it } from 'vitest';
import { chromiumProblem } from '../../../../tests/harness/chromium.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { PageBrowser, rowOf, tabTo } from './browser.ts';
import { discoveryStatus, mesh, meshAddresses, peerStatus } from './mesh.ts';
import { PageServer } from './server.ts';
import { goodMinute, statusDocument, targetStatus } from './targets.ts';

describe('the peers on the status page', skipFor(chromiumProblem), () => {
  const browser = new PageBrowser();
  const server = new PageServer();

  it('should stand in a matrix, a row for each and a column for each flow of each target', async () => {
    server.publishStatus(mesh());
    const page = await browser.openLive(server.url);
    const matrix = page.getByRole('table');
    expect(await matrix.getByRole('columnheader').allInnerTexts()).toEqual([
      'Peer',
      'tcp',
      expect.stringMatching(/^udp\s+New flows$/),
      expect.stringMatching(/^udp\s+Old flow$/),
    ]);
    expect(await matrix.getByRole('rowheader').allInnerTexts()).toEqual(meshAddresses);
    const wordsOf = (address: string) =>
      matrix.getByRole('row').filter({ hasText: address }).getByRole('link').allTextContents();
    expect(await wordsOf(meshAddresses[0]!)).toEqual(
      Array(3).fill('Up, loss 0%, p50 0.210 ms, p99 0.900 ms'),
    );
    expect(await wordsOf(meshAddresses[3]!)).toEqual([
      expect.stringMatching(/^Up, loss 0%/),
      expect.stringMatching(/^Up, loss 0%/),
      'Down, loss 100%, p50 –, p99 –',
    ]);
    expect((await wordsOf(meshAddresses[4]!))[1]).toMatch(/^Up, strained, loss 5%/);
    expect((await wordsOf(meshAddresses[5]!))[2]).toMatch(/^Pending, loss –/);
    // Not a row for each in the list as well.
    expect(await page.locator('#targets > *').count()).toBe(0);
    expect(await page.locator('#host').innerText()).toBe('on node-a');
    expect(await page.locator('#peers-note').innerText()).toContain('As seen from node-a');
    expect(browser.complaints).toEqual([]);

    // The state of the group is that of its worst peer, which is named.
    const tcp = rowOf(page, 'tcp');
    expect(await tcp.locator('.badge').innerText()).toBe('11 of 12 up');
    expect(await tcp.getAttribute('data-state')).toBe('down');
    expect(await tcp.getByRole('link').allInnerTexts()).toEqual([meshAddresses[2]]);
    expect(await rowOf(page, 'udp').getByRole('link').allInnerTexts()).toEqual(meshAddresses.slice(2, 4));
    expect(await page.locator('#headline').innerText()).toBe('20 of 24 targets up');

    // Each peer has a view with a way back, without a mouse.
    const cell = page.getByRole('row').filter({ hasText: meshAddresses[0]! }).getByRole('link').first();
    await tabTo(page, cell);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: `tcp @ ${meshAddresses[0]}` }).waitFor();
    expect(await page.locator('.view-head').innerText()).toContain(`discovered at ${meshAddresses[0]}`);
    await page.goBack();
    await cell.and(page.locator(':focus')).waitFor();
  });

  it('should appear and disappear as the probe finds them', async () => {
    const status = (...addresses: readonly string[]) =>
      statusDocument([targetStatus('lb'), ...addresses.map((address) => peerStatus('tcp', address))], {}, [
        discoveryStatus('tcp', { peers: addresses.length }),
      ]);
    server.publishStatus(status('10.0.0.9', '10.0.0.10'));
    const page = await browser.openLive(server.url);
    const addresses = page.getByRole('rowheader');
    expect(await addresses.allInnerTexts()).toEqual(['10.0.0.9', '10.0.0.10']);
    expect(await page.locator('#targets > *').count()).toBe(1);
    server.publishStatus(status('10.0.0.10', '10.0.0.11', 'fd00::7'));
    await addresses.nth(2).waitFor();
    expect(await addresses.allInnerTexts()).toEqual(['10.0.0.10', '10.0.0.11', 'fd00::7']);
    server.publishStatus(status());
    await page.getByText('The name has no address now.').waitFor();
    expect(await page.getByRole('table').count()).toBe(0);
    expect(await rowOf(page, 'tcp').locator('.badge').innerText()).toBe('No peers');
    expect(await page.title()).toBe('? 1 of 1 target up · load probe');
    expect(await page.locator('#concerns').innerText()).toBe('No peers found: tcp');
    server.publishStatus(statusDocument([targetStatus('lb')]));
    await page.locator('#peers').waitFor({ state: 'hidden' });
  });

  it('should replace a target that is no longer probed itself', async () => {
    server.publishStatus(statusDocument([targetStatus('lb'), targetStatus('tcp')]));
    const page = await browser.openLive(server.url);
    expect(await page.locator('#targets > *').count()).toBe(2);
    const peer = peerStatus('tcp', '10.0.0.9', { state: 'down' });
    server.publishStatus(statusDocument([targetStatus('lb'), peer], {}, [discoveryStatus('tcp')]));
    await page.getByRole('rowheader').waitFor();
    expect(await page.locator('#targets > *').count()).toBe(1);
    expect(await rowOf(page, 'tcp').count()).toBe(1);
  });

  it('should say when lookups fail, and when there are too many peers', async () => {
    const reason = "the resolver can't be reached or has no answer for echo-mesh now (EAI_AGAIN)";
    const families = ['IPv4', 'IPv6'];
    const lookup = { state: 'failing', since: Date.now() - 125_000, families, reason } as const;
    server.publishStatus(
      statusDocument([peerStatus('udp', 'fd00::7', { window: goodMinute })], {}, [
        discoveryStatus('udp', { lookup, omitted: 3 }),
      ]),
    );
    const page = await browser.openLive(server.url);
    expect(await rowOf(page, 'udp').locator('.since').innerText()).toBe(
      '1 address, looked up every 10 s. ' +
        `Lookups have failed for 2 min: ${reason}. The peers are those of the last answer. ` +
        '3 more are not probed: too many.',
    );
    expect(await page.locator('#concerns').innerText()).toMatch(
      /^Addresses not looked up: udp\s+Too many addresses: udp$/,
    );
  });
});
