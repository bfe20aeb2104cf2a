import { AF_INET, AF_INET6, SOCKADDR, SocketAddresses } from '@echo-daytime/linux';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sources, UdpPolicy, type UdpRules } from './policy.ts';

const OWN_PORT = 17_007;
const rules: UdpRules = {
  loopGuard: true,
  minRequestBytes: 0,
  workers: 1,
  ratePerSource: 1,
  maxSources: 100,
  allow: [],
  deny: [],
};
const byText: Sources<string> = { key: (address) => address, address: (address) => address };

/** A source address as text, as node:dgram gives it, and as the kernel writes it for a socket of both families. */
interface Address {
  readonly text: string;
  readonly bytes: readonly number[];
}

const v4 = (...octets: number[]): Address => ({ text: octets.join('.'), bytes: octets });
const v6 = (...groups: number[]): Address => ({
  text: groups.map((group) => group.toString(16)).join(':'),
  bytes: groups.flatMap((group) => [group >> 8, group & 0xff]),
});

const addresses: readonly Address[] = [
  v4(127, 0, 0, 1),
  v4(127, 0, 0, 2),
  v4(1, 0, 0, 127),
  v4(255, 255, 255, 255),
  v4(224, 0, 0, 1),
  v4(0, 0, 0, 0),
  v4(192, 0, 2, 200),
  v6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
  v6(0x2001, 0xdb8, 0, 0, 0, 0, 1, 0),
  v6(0, 0, 0, 0, 0, 0, 0, 1),
  v6(0, 0, 0, 0, 0, 0, 0, 0),
  v6(0xff02, 0, 0, 0, 0, 0, 0, 1),
];

/** Socket addresses as the kernel writes them, one at a time. */
class WrittenNames implements Sources<number> {
  readonly #view: DataView;
  readonly #names: SocketAddresses;

  constructor() {
    const memory = new ArrayBuffer(SOCKADDR.bytes);
    this.#view = new DataView(memory);
    this.#names = new SocketAddresses(memory, 0, 1, SOCKADDR.bytes);
  }

  write({ bytes }: Address, port: number, asMapped: boolean): void {
    const view = this.#view;
    for (let at = 0; at < SOCKADDR.bytes; at += 1) view.setUint8(at, 0);
    const isV4 = bytes.length === 4;
    view.setUint16(0, isV4 && !asMapped ? AF_INET : AF_INET6, true);
    view.setUint16(SOCKADDR.portAt, port);
    const at = isV4 ? (asMapped ? SOCKADDR.ipv6At + 12 : SOCKADDR.ipv4At) : SOCKADDR.ipv6At;
    if (isV4 && asMapped) view.setUint16(SOCKADDR.ipv6At + 10, 0xffff);
    bytes.forEach((byte, index) => {
      view.setUint8(at + index, byte);
    });
  }

  port = () => this.#names.port(0);
  key = () => this.#names.key(0);
  address = () => this.#names.address(0);
}

describe('UdpPolicy', () => {
  it('should decide alike for sources as text and as socket addresses', () => {
    const datagram = fc.record({
      address: fc.constantFrom(...addresses),
      port: fc.constantFrom(0, 1, 1_023, 1_024, 2_049, 7_007, OWN_PORT, 40_000, 65_535),
      bytes: fc.nat(20),
      asMapped: fc.boolean(),
      pauseMs: fc.nat(700),
    });
    const anyRules = fc.record({
      loopGuard: fc.boolean(),
      minRequestBytes: fc.constantFrom(0, 10),
      workers: fc.constantFrom(1, 2),
      ratePerSource: fc.constantFrom(0, 1, 3),
      maxSources: fc.constantFrom(1, 2, 100),
      allow: fc.constantFrom([], ['127.0.0.0/8', '2001:db8::/32']),
      deny: fc.constantFrom([], ['192.0.2.128/25'], ['2001:db8::1:0/112']),
    });
    const seen = new Set<string | undefined>();
    fc.assert(
      fc.property(anyRules, fc.array(datagram, { maxLength: 60 }), (some, datagrams) => {
        const names = new WrittenNames();
        const fromText = new UdpPolicy(some, OWN_PORT, byText);
        const fromNames = new UdpPolicy(some, OWN_PORT, names);
        let now = 0;
        for (const { address, port, bytes, asMapped, pauseMs } of datagrams) {
          now += pauseMs;
          names.write(address, port, asMapped);
          const result = fromText.check(address.text, port, bytes, now);
          seen.add(result);
          expect(fromNames.check(0, names.port(), bytes, now)).toBe(result);
        }
      }),
      { numRuns: 500 },
    );
    // Every reason must have occurred, or the comparison proves nothing.
    expect([...seen].sort()).toEqual(
      ['denied', 'rate', 'source_address', 'source_port', 'too_short', undefined].sort(),
    );
  });

  it('should not count a datagram against the rate when it is dropped for another reason', () => {
    const policy = new UdpPolicy({ ...rules, minRequestBytes: 1 }, OWN_PORT, byText);
    for (let count = 0; count < 10; count += 1) {
      expect(policy.check('127.0.0.1', 7, 9, 0)).toBe('source_port');
      expect(policy.check('127.0.0.1', 40_000, 0, 0)).toBe('too_short');
    }
    const results = [1, 2, 3].map(() => policy.check('127.0.0.1', 40_000, 1, 0));
    expect(results).toEqual([undefined, undefined, 'rate']);
  });

  it('should not forget served sources for sources that it drops', () => {
    const policy = new UdpPolicy({ ...rules, maxSources: 1, deny: ['10.0.0.0/8'] }, OWN_PORT, byText);
    expect(policy.check('127.0.0.1', 40_000, 1, 0)).toBe(undefined);
    expect(policy.check('127.0.0.1', 40_000, 1, 0)).toBe(undefined);
    for (let host = 1; host < 100; host += 1) {
      expect(policy.check(`10.0.0.${host}`, 40_000, 1, 0)).toBe('denied');
    }
    expect(policy.check('224.0.0.1', 40_000, 1, 0)).toBe('source_address');
    expect(policy.check('127.0.0.1', 40_000, 1, 0)).toBe('rate');
  });
});

describe('SocketAddresses', () => {
  it('should tell any two addresses apart, and know the same address in each form', () => {
    const names = new WrittenNames();
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const octets = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
    const keyOf = (address: Address, asMapped = false) => {
      names.write(address, 40_000, asMapped);
      return names.key();
    };
    fc.assert(
      fc.property(word, word, (one, other) => {
        const [first, second] = [v4(...octets(one)), v4(...octets(other))];
        expect(keyOf(first) === keyOf(second)).toBe(one === other);
        expect(keyOf(first, true)).toBe(keyOf(first));
        expect(names.address()).toBe(first.text);
      }),
    );
    const group = fc.integer({ min: 0, max: 0xffff });
    const groups = fc.array(group, { minLength: 8, maxLength: 8 }).filter(([first]) => first !== 0);
    fc.assert(
      fc.property(groups, fc.nat(7), group, (some, at, changed) => {
        const other = some.with(at, changed);
        expect(keyOf(v6(...some)) === keyOf(v6(...other))).toBe(some[at] === changed);
        expect(names.address()).toBe(v6(...other).text);
      }),
    );
  });
});
