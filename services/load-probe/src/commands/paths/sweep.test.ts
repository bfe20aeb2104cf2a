import { expect, it } from 'vitest';
import { systemClock } from '../../sampling/clock.ts';
import { Sweep, type Swept } from './sweep.ts';

const ports = Array.from({ length: 32 }, (_, index) => 20_000 + index);

it('should go on beside a dead path until one that loses a part is found too', async () => {
  const sent = new Map<number, number>();
  const swept = (await new Sweep({
    ports,
    count: 100,
    rate: 400,
    clock: systemClock,
    signal: new AbortController().signal,
    open: async (events) => ({
      isBusy: () => false,
      send(port) {
        const number = (sent.get(port) ?? 0) + 1;
        sent.set(port, number);
        const isLost = port % 8 === 0 || (port % 8 === 1 && number % 4 === 0);
        queueMicrotask(() => (isLost ? events.lost(port, 'no answer') : events.answered(port)));
      },
      close() {},
    }),
  }).run()) as Swept;
  expect(swept.verdict.verdict).toBe('dead');
  expect(swept.verdict.bad).toEqual(ports.filter((port) => port % 8 <= 1));
});

it('should tell the samples that it left out because every port waited for the one before', async () => {
  const port = 20_000;
  let isBusy = false;
  let leftOut = 0;
  const swept = (await new Sweep({
    ports: [port],
    count: 3,
    rate: 1_000,
    clock: systemClock,
    signal: new AbortController().signal,
    open: async (events) => ({
      isBusy() {
        if (isBusy) leftOut += 1;
        if (leftOut === 2) queueMicrotask(() => events.answered(port));
        return isBusy;
      },
      send() {
        isBusy = true;
      },
      close() {},
    }),
  }).run()) as Swept;
  expect(swept.untold).toEqual(
    new Map([['every port waited for its sample before', { count: 2, ports: new Set() }]]),
  );
});
