import { expect, it } from 'vitest';
import { pinning } from './machine.ts';

it('should pin server and generator to different cores where the machine has two', () => {
  const { server, generator } = pinning(2, '/usr/bin/taskset');
  expect(server).toEqual(['/usr/bin/taskset', '-c', '0']);
  expect(generator).toEqual(['/usr/bin/taskset', '-c', '1']);
});

it('should say how figures are to be read where it cannot', () => {
  expect(pinning(1, '/usr/bin/taskset')).toMatchObject({ server: [], generator: [] });
  expect(pinning(1, '/usr/bin/taskset').note).toMatch(/^NOT PINNED: this machine has one core; .*server CPU/);
  expect(pinning(8, undefined).note).toMatch(/^NOT PINNED: taskset is not on this machine/);
});
