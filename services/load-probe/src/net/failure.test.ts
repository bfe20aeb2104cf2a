import { describe, expect, it } from 'vitest';
import { dialFailure, socketFailure } from './failure.ts';

const failing = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('socketFailure', () => {
  it('should classify errors of the system', () => {
    expect(socketFailure(failing('EHOSTUNREACH'), '192.0.2.7:7')).toEqual({
      kind: 'unreachable',
      outcome: 'unreachable',
      code: 'EHOSTUNREACH',
      detail:
        'there is no way to the host of 192.0.2.7:7, or a firewall on the way forbids it: ' +
        'the system does not tell which (EHOSTUNREACH)',
    });
    expect(socketFailure(failing('EPIPE'), '192.0.2.7:7').outcome).toBe('reset');
    expect(socketFailure(failing('ETIMEDOUT'), '192.0.2.7:7').outcome).toBe('read_timeout');
  });

  it('should not blame a target where the prober lacks sockets or ports', () => {
    expect(socketFailure(failing('EMFILE'), '192.0.2.7:7')).toEqual({
      kind: 'local',
      outcome: 'prober_late',
      code: 'EMFILE',
      detail: 'the prober may open no more sockets; raise its limit on open files, ulimit -n (EMFILE)',
    });
    expect(dialFailure(failing('EADDRNOTAVAIL'), '192.0.2.7:7', 4).outcome).toBe('prober_late');
    expect(dialFailure(failing('EADDRNOTAVAIL'), '[2001:db8::7]:7', 6).outcome).toBe('unreachable');
  });

  it('should keep the message of an unknown code', () => {
    expect(socketFailure(failing('EWEIRD'), '192.0.2.7:7')).toEqual({
      kind: 'unreachable',
      outcome: 'unreachable',
      code: 'EWEIRD',
      detail: '192.0.2.7:7: connect EWEIRD',
    });
  });

  it('should be connect_timeout where the system gave up connecting', () => {
    expect(dialFailure(failing('ETIMEDOUT'), '192.0.2.7:7', 4).outcome).toBe('connect_timeout');
    expect(dialFailure(failing('ECONNREFUSED'), '192.0.2.7:7', 4).outcome).toBe('refused');
  });
});
