import { expect, it } from 'vitest';
import { partingOf } from './parting.ts';
import type { Walk } from './walk.ts';

/** A walk whose hops answer from these addresses; `*` is silent. */
function walkOf(addresses: string): Walk {
  const hops = addresses.split(' ').map((address, index) => ({
    ...{ ttl: index + 1, address: address === '*' ? null : address, rttMs: null },
    ...{ sent: 1, lost: 0, notes: [] },
  }));
  return { sourcePort: 40_000, hops, end: 'target' };
}

it.each([
  ['gw a t', 'gw b t', { ttl: 2, one: 'a', other: 'b', commonTtl: 1 }],
  ['a t', 'b t', { ttl: 1, one: 'a', other: 'b', commonTtl: 0 }],
  // Silent hops before the first difference: the ways may part at one of them already.
  ['gw * a t', 'gw * b t', { ttl: 3, one: 'a', other: 'b', commonTtl: 1 }],
  ['gw * a t', 'gw x b t', { ttl: 3, one: 'a', other: 'b', commonTtl: 1 }],
  // One of them is silent to its end.
  ['gw a t', 'gw a * *', { ttl: 3, one: 't', other: null, commonTtl: 2 }],
  ['gw a * *', 'gw a * t', { ttl: 4, one: null, other: 't', commonTtl: 2 }],
  ['gw a', 'gw a t', { ttl: 3, one: null, other: 't', commonTtl: 2 }],
])('should find where %j and %j part', (one, other, parting) => {
  expect(partingOf(walkOf(one), walkOf(other))).toEqual(parting);
});

it.each([
  ['gw a t', 'gw a t'],
  // A silent hop alone is not guilty.
  ['gw a t', 'gw * t'],
  ['* * t', '* a t'],
  ['* *', '* *'],
])('should find no difference between %j and %j', (one, other) => {
  expect(partingOf(walkOf(one), walkOf(other))).toBeUndefined();
});
