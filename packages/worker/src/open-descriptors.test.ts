import { fstatSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OpenDescriptors } from './open-descriptors.ts';

const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
};

describe('OpenDescriptors', () => {
  it('should close what a worker left open, and nothing else', () => {
    const memory = OpenDescriptors.memory();
    const worker = new OpenDescriptors(memory);
    const [left, closed, others] = [openSync('/', 'r'), openSync('/', 'r'), openSync('/', 'r')];
    for (const fd of [left, closed]) worker.open[fd] = 1;
    worker.open[closed] = 0;
    new OpenDescriptors(memory).closeAll();
    expect([left, closed, others].map(isOpen)).toEqual([false, true, true]);
    for (const fd of [closed, others]) worker.open[fd] = 1;
    new OpenDescriptors(memory).closeAll();
    expect([closed, others].map(isOpen)).toEqual([false, false]);
  });

  it('should continue where a descriptor is already closed', () => {
    const memory = OpenDescriptors.memory();
    const worker = new OpenDescriptors(memory);
    const fd = openSync('/', 'r');
    for (const number of [OpenDescriptors.capacity - 1, fd]) worker.open[number] = 1;
    worker.closeAll();
    expect(isOpen(fd)).toBe(false);
  });
});
