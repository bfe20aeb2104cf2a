import { lookup } from 'node:dns/promises';
import { expect, it, vi } from 'vitest';
import { findNames } from './find-names.ts';
import { textReport } from './resolve-report.ts';

vi.mock('node:dns/promises', () => ({ lookup: vi.fn() }));

const options = { host: 'peer.test', reverse: false, timeoutMs: 600_000 };

/** What the resolver says of IPv4 alone, where both together are answered with IPv6 only, as getaddrinfo does. */
function ofIPv4(code: string): void {
  vi.mocked(lookup).mockImplementation((async (_host: string, { family }: { family: number }) => {
    if (family === 4) throw Object.assign(new Error(code), { code });
    return [{ address: '::1', family: 6 }];
  }) as unknown as typeof lookup);
}

it('should tell a family that could not be looked up from one without addresses', async () => {
  const { signal } = new AbortController();
  ofIPv4('ENOTFOUND');
  const none = await findNames(options, signal);
  expect(none.problems).toEqual([]);
  expect(textReport(options, none)).toBe('peer.test\n  IPv6 ::1\n  no IPv4 address\n');
  ofIPv4('EAI_AGAIN');
  const unknown = await findNames(options, signal);
  expect(unknown.problems).toEqual([
    expect.stringMatching(/^no IPv4 addresses: the resolver can't be reached /),
  ]);
  expect(textReport(options, unknown)).toBe('peer.test\n  IPv6 ::1\n');
});
