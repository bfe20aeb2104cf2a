import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { onDeadline, systemClock } from './clock.ts';

describe('systemClock', () => {
  it.each([0, 0.5, 3, 12.3])('should wake at the due time, never before: %s ms ahead', async (ahead) => {
    const due = systemClock.now() + ahead;
    const { promise, resolve } = Promise.withResolvers<number>();
    systemClock.wakeAt(due, () => resolve(systemClock.now()));
    expect(await promise).toBeGreaterThanOrEqual(due);
  });

  it('should tell the time of the system, also after that was set', () => {
    vi.useFakeTimers({ toFake: ['Date', 'Temporal', 'performance'] });
    try {
      for (const at of [1_800_000_000_000, 1_700_000_000_000, 1_700_000_000_005]) {
        vi.setSystemTime(at);
        expect(systemClock.epoch()).toBeCloseTo(at, 3);
        expect(systemClock.epoch()).toBeCloseTo(at, 3);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('should not wake synchronously, nor when cancelled', async () => {
    let woken = false;
    const cancel = systemClock.wakeAt(systemClock.now() - 1, () => {
      woken = true;
    });
    expect(woken).toBe(false);
    cancel();
    const { promise, resolve } = Promise.withResolvers<void>();
    systemClock.wakeAt(systemClock.now() + 5, resolve);
    await promise;
    expect(woken).toBe(false);
  });
});

describe('onDeadline', () => {
  it('should call back at the deadline, never before', async () => {
    const at = systemClock.now() + 4.2;
    const { promise, resolve } = Promise.withResolvers<number>();
    onDeadline(systemClock, at, () => resolve(systemClock.now()));
    expect(await promise).toBeGreaterThanOrEqual(at);
  });
});

describe.each([
  ['systemClock.wakeAt', (at: number, callback: () => void) => systemClock.wakeAt(at, callback)],
  ['onDeadline', (at: number, callback: () => void) => onDeadline(systemClock, at, callback)],
])('%s', (_name, callAt) => {
  it('should deliver socket events from before the end of a stall first', async () => {
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = createSocket('udp4');
    socket.on('message', () => order.push('message'));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');

    // From here the event loop runs its timers before it reads its sockets.
    setImmediate(() => {
      callAt(systemClock.now() + 10, () => {
        order.push('time is up');
        resolve();
      });
      socket.send('x');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    });
    await promise;
    socket.close();
    expect(order).toEqual(['message', 'time is up']);
  });
});
