import type { CounterSource } from '@echo-daytime/runtime';
import { type Counter, CounterBlock } from '@echo-daytime/worker';
import type { TargetsFileStatus } from './status/types.ts';

const MS_PER_SECOND = 1_000;

/** The metrics of the targets file, where there is one. */
export class TargetsFileCounters {
  /** For the registry. */
  readonly source: CounterSource;
  readonly #valid: Counter;
  readonly #readAt: Counter;

  constructor() {
    const layout = new CounterBlock();
    declare(layout);
    const memory = new SharedArrayBuffer(layout.byteLength);
    this.source = { families: layout.families, memories: [memory] };
    [this.#valid, this.#readAt] = declare(new CounterBlock(memory));
  }

  set({ problems, readAt }: TargetsFileStatus): void {
    this.#valid.set(problems.length === 0 ? 1 : 0);
    this.#readAt.set(readAt / MS_PER_SECOND);
  }
}

function declare(block: CounterBlock): [valid: Counter, readAt: Counter] {
  return [
    block.gauge('l4_probe_targets_file_valid', '1 when the targets file is valid as it is now, else 0.'),
    block.gauge(
      'l4_probe_targets_file_read_timestamp_seconds',
      'Unix time at which the targets were last read from the targets file.',
    ),
  ];
}
