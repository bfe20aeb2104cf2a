import { expect, it } from 'vitest';
import { CounterBlock, outstanding, settle } from './counters.ts';

function declare(block: CounterBlock) {
  const into = block.counter('in_total', 'In.');
  const open = block.gauge('open', 'Open.');
  const out = block.countersBy('reason', ['client', 'error'], 'out_total', 'Out.', {});
  const account = { into, out: Object.values(out), lost: out.error, open };
  block.account(account);
  return { into, open, out, account };
}

it('should count what a dead worker left open as lost, and only that', () => {
  const layout = new CounterBlock();
  declare(layout);
  const block = new CounterBlock(new SharedArrayBuffer(layout.byteLength));
  const { into, open, out, account } = declare(block);
  into.add(10);
  out.client.add(6);
  out.error.add(1);
  open.set(3);

  expect(outstanding(account)).toBe(3);
  settle(block);
  expect(out.client.value).toBe(6);
  expect(out.error.value).toBe(4);
  expect(open.value).toBe(0);
  expect(outstanding(account)).toBe(0);

  settle(block);
  expect(out.error.value).toBe(4);
});
