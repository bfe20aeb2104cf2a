import type { Predictions } from './questions.ts';

/** Where a fault is. */
export const layers = [
  'name',
  'host',
  'network',
  'filter',
  'transport',
  'service',
  /** The probe's own machine. */
  'prober',
] as const;
export type Layer = (typeof layers)[number];

export interface CauseSpec {
  /** Null where there is no fault. */
  readonly layer: Layer | null;
  readonly means: string;
  /** What to do next. */
  readonly advice: string;
  /** How frequent it is, compared with the others. */
  readonly weight: number;
  /** Where it differs from a target with nothing wrong. */
  readonly predicts: Predictions;
}
