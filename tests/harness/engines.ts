import { describe } from 'vitest';
import { notLinux, skipFor } from './skip-for.ts';

/** Runs the tests with each UDP engine; skips the engine that this system does not have. */
export function describeUdpEngines(name: string, tests: (engine: 'batch' | 'dgram') => void): void {
  describe(`${name}, UDP_ENGINE=batch`, skipFor(notLinux), () => tests('batch'));
  describe(`${name}, UDP_ENGINE=dgram`, () => tests('dgram'));
}

/** Runs the tests with each TCP engine; skips the engine that this system does not have. */
export function describeTcpEngines(tests: (engine: 'epoll' | 'net') => void): void {
  describe('TCP_ENGINE=epoll', skipFor(notLinux), () => tests('epoll'));
  describe('TCP_ENGINE=net', () => tests('net'));
}
