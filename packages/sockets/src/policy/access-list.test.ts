import { describe, expect, it } from 'vitest';
import { AccessList } from './access-list.ts';

describe('an access list', () => {
  it('should permit every source without rules', () => {
    const access = new AccessList({ allow: [], deny: [] });
    for (const address of ['192.0.2.1', '2001:db8::1', '127.0.0.1', '::1']) {
      expect(access.permits(address)).toBe(true);
    }
  });

  it('should permit only the allowed sources where ALLOW is set', () => {
    const access = new AccessList({ allow: ['192.0.2.0/24', '2001:db8::/32'], deny: [] });
    expect(access.permits('192.0.2.255')).toBe(true);
    expect(access.permits('192.0.3.0')).toBe(false);
    expect(access.permits('2001:db8:ffff::1')).toBe(true);
    expect(access.permits('2001:db9::1')).toBe(false);
  });

  it('should permit every source but the denied ones', () => {
    const access = new AccessList({ allow: [], deny: ['192.0.2.7/32', '2001:db8::7/128'] });
    expect(access.permits('192.0.2.7')).toBe(false);
    expect(access.permits('192.0.2.8')).toBe(true);
    expect(access.permits('2001:db8::7')).toBe(false);
    expect(access.permits('2001:db8::8')).toBe(true);
  });

  it.each([
    { allow: ['192.0.2.0/24'], deny: ['192.0.2.128/25'] },
    { allow: ['192.0.2.200/32'], deny: ['192.0.2.0/24'] },
    { allow: ['192.0.2.200/32'], deny: ['192.0.2.200/32'] },
  ])('should deny a source that is both allowed and denied: %j', (rules) => {
    expect(new AccessList(rules).permits('192.0.2.200')).toBe(false);
  });

  it('should not permit an invalid address where ALLOW is set', () => {
    expect(new AccessList({ allow: ['0.0.0.0/0', '::/0'], deny: [] }).permits('')).toBe(false);
  });

  it.each(['::ffff:192.0.2.7', '::FFFF:c000:0207', '0:0:0:0:0:ffff:192.0.2.7'])(
    'should know an IPv4 source that is written as %s',
    (source) => {
      expect(new AccessList({ allow: ['192.0.2.0/24'], deny: [] }).permits(source)).toBe(true);
      expect(new AccessList({ allow: [], deny: ['192.0.2.7/32'] }).permits(source)).toBe(false);
      expect(new AccessList({ allow: ['::/0'], deny: [] }).permits(source)).toBe(false);
    },
  );
});
