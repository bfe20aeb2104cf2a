import { describe } from 'vitest';

/** Runs the tests with each engine that moves datagrams; skipped with the one that a system does not have. */
export function describeEngines(name: string, tests: (engine: 'batch' | 'dgram') => void): void {
  describe.skipIf(process.platform !== 'linux')(`${name}, UDP_ENGINE=batch`, () => tests('batch'));
  describe(`${name}, UDP_ENGINE=dgram`, () => tests('dgram'));
}
