import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { MarkTally, SynTally } from '../../src/series/change-tally.ts';
import { CLIENT, createPath, type NetworkPath, ROUTER_TO_SERVER, SERVER } from './network-path.ts';

const [TELLING, SILENT, REFLECTOR] = [7014, 7114, 7862];

type SynDocument = SynTally['document'];

describe('what a router may change', skipFor(Namespace.problem()), () => {
  let path: NetworkPath;
  beforeAll(async () => {
    path = createPath({ serverMtu: 1500 });
    // Another window scale than that of the server.
    await path.evaluate(`
      import { writeFileSync } from 'node:fs';
      writeFileSync('/proc/sys/net/ipv4/tcp_rmem', '4096 131072 33554432');`);
    path.filter(
      'add chain ip path forward { type filter hook forward priority 0; }',
      'add chain ip path nat { type nat hook postrouting priority 100; }',
    );
    const admin = (port: number) => ['--admin-host', SERVER, '--admin-port', String(port)];
    await Promise.all([
      path.startSessions(TELLING, '--tcp-save-syn', 'on', ...admin(9013)),
      path.startSessions(SILENT, ...admin(9113)),
      path.startReflector(REFLECTOR),
    ]);
  });
  afterEach(() => path.filter('flush chain ip path forward', 'flush chain ip path nat'));
  afterAll(() => path[Symbol.dispose]());

  describe('in the SYN of a sample', () => {
    /** The report of a check. On a busy machine all of its samples may be late. */
    async function check(port: number): Promise<SynDocument> {
      const url = `session+tcp://${SERVER}:${port}?syn=on&dscp=ef`;
      for (;;) {
        const args = ['check', '--json', '--count', '3', '--interval', '100ms', '--timeout', '10s', url];
        const { stdout } = await path.run(args);
        const { syn } = JSON.parse(stdout).targets[0];
        if (syn.known + syn.unknown > 0) return syn;
      }
    }

    it('should be received as it was sent on a clean path', async () => {
      const { known, ...rest } = await check(TELLING);
      expect(rest).toEqual({
        ...{ unchanged: known, changes: [], hops: 1, dscp: 46 },
        ...{ unknown: 0, unknownDetail: null },
      });
    });

    it.each([
      ['mss', 'tcp flags syn tcp option maxseg size set 1400', 'MSS 1460 → 1400'],
      ['sack', 'tcp flags syn reset tcp option sack-perm', 'SACK removed'],
      ['timestamps', 'tcp flags syn reset tcp option timestamp', 'timestamps removed'],
      ['window_scale', 'tcp flags syn reset tcp option window', 'window scale removed'],
      ['dscp', 'ip dscp set cs1', 'DSCP ef (46) → cs1 (8)'],
      ['ttl', 'ip ttl set 200', 'TTL 64 → 200'],
    ])('should tell that a router changes its %s: %s', async (field, rule, detail) => {
      path.filter(`add rule ip path forward ip saddr ${CLIENT} ${rule}`);
      const { known, unchanged, changes } = await check(TELLING);
      expect({ unchanged, changes }).toEqual({ unchanged: 0, changes: [{ field, count: known, detail }] });
    });

    it('should tell that its address is translated', async () => {
      path.filter('add rule ip path nat masquerade');
      const { known, changes } = await check(TELLING);
      const detail = `source address ${CLIENT} → ${ROUTER_TO_SERVER} (NAT or a proxy)`;
      expect(changes).toEqual([{ field: 'source', count: known, detail }]);
    });

    it('should not be known where the target does not tell it', async () => {
      const { unknownDetail, ...rest } = await check(SILENT);
      expect(rest).toMatchObject({ known: 0, unchanged: 0, changes: [], hops: null, dscp: null });
      expect(unknownDetail).toMatch(/^the target answered ".*": it is no session with TCP_SAVE_SYN=on$/);
    });
  });

  describe('in the mark of a sample', () => {
    /** The reports of a check, one for each flow. On a busy machine all of its samples may be late. */
    async function check(): Promise<readonly MarkTally['document'][]> {
      const args = ['check', '--json', '--count', '3', '--interval', '100ms', '--timeout', '10s'];
      for (;;) {
        const url = `stamp+udp://${SERVER}:${REFLECTOR}?dscp=ef&flow=both`;
        const { stdout } = await path.run([...args, url]);
        const marks = JSON.parse(stdout).targets.map(({ mark }: { mark: MarkTally['document'] }) => mark);
        if (marks.every(({ known, unknown }: MarkTally['document']) => known + unknown > 0)) return marks;
      }
    }

    it('should be nothing on a clean path', async () => {
      for (const { known, ...rest } of await check()) {
        expect(rest).toEqual({
          ...{ unchanged: known, changes: [], dscp: 46, replyDscp: 46 },
          ...{ unknown: 0, unknownDetail: null },
        });
      }
    });

    it('should be told, on both ways', async () => {
      path.filter(
        `add rule ip path forward ip saddr ${CLIENT} ip dscp set cs1 ip ecn set ce`,
        `add rule ip path forward ip saddr ${SERVER} ip dscp set 0`,
      );
      for (const { known, ...rest } of await check()) {
        expect(rest).toMatchObject({
          unchanged: 0,
          changes: [
            { field: 'dscp', count: known, detail: 'DSCP ef (46) → cs1 (8)' },
            { field: 'ecn', count: known, detail: 'ECN 0 → 3' },
            { field: 'reply_dscp', count: known, detail: 'DSCP of the reply ef (46) → 0' },
          ],
          ...{ dscp: 8, replyDscp: 0 },
        });
      }
    });
  });
});
