import type { CounterSource, SharedMetrics } from '@echo-daytime/runtime';
import { type Counter, CounterBlock } from '@echo-daytime/worker';
import { MAX_RESPONDERS } from '../stats/responder-tally.ts';
import type { Target } from '../targets/target.ts';
import type { TargetMessage } from './messages.ts';
import { targetLabels } from './metrics.ts';

/** The label of those that are not counted by name. No name has a space. */
export const OTHER_RESPONDERS = 'other responders';

/** Counts of one target, by the name of the responder. */
interface Responses {
  readonly target: Target;
  readonly counted: Map<string, { readonly counter: Counter; readonly source: CounterSource }>;
}

/** Answers by their responder. Its names are not known before, so each is a source of its own, and as many as there may be. */
export class ResponseMetrics {
  readonly #metrics: Pick<SharedMetrics, 'add' | 'remove'>;
  /** By the number of the target. */
  readonly #targets = new Map<number, Responses>();

  constructor(metrics: Pick<SharedMetrics, 'add' | 'remove'>) {
    this.#metrics = metrics;
  }

  add(number: number, target: Target): void {
    this.#targets.set(number, { target, counted: new Map() });
  }

  remove(number: number): void {
    const { counted } = this.#targets.get(number) ?? {};
    for (const { source } of counted?.values() ?? []) this.#metrics.remove(source);
    this.#targets.delete(number);
  }

  receive(batch: readonly TargetMessage[]): void {
    for (const message of batch) {
      if (message.kind !== 'responder' || 'unknown' in message.report) continue;
      const responses = this.#targets.get(message.target);
      if (responses) this.#counterOf(message.report.name, responses).increment();
    }
  }

  #counterOf(name: string, { counted, target }: Responses): Counter {
    const label = counted.has(name) || counted.size < MAX_RESPONDERS ? name : OTHER_RESPONDERS;
    const known = counted.get(label);
    if (known) return known.counter;
    const layout = new CounterBlock();
    declare(layout, label);
    const memory = new SharedArrayBuffer(layout.byteLength);
    const source = { labels: targetLabels(target), families: layout.families, memories: [memory] };
    const counter = declare(new CounterBlock(memory), label);
    counted.set(label, { counter, source });
    this.#metrics.add(source);
    return counter;
  }
}

function declare(block: CounterBlock, responder: string): Counter {
  const help = 'Answers that told who gave them, by its name.';
  return block.counter('l4_probe_responses_total', help, { responder });
}
