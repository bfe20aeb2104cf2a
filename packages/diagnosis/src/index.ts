export type { Name } from './beliefs.ts';
export { type CauseSpec, type Layer, layers } from './cause-spec.ts';
export { type Cause, causeNames, causeSpec } from './causes.ts';
export { CONFIDENCE, type Conclusion, Diagnosis, type Likely } from './diagnosis.ts';
export { type Evidence, likeliest, type Observation, observed, seen } from './evidence.ts';
export {
  type Experiment,
  type ExperimentSpec,
  experimentNames,
  experiments,
  type Need,
  needs,
} from './experiments.ts';
export {
  type ContrastLikelihoods,
  type ContrastLimits,
  contrastLikelihoods,
  type Losses,
  type LossLikelihoods,
  lossLikelihoods,
} from './loss-evidence.ts';
export { type PortLikelihoods, portLikelihoods } from './ports-evidence.ts';
export { type OutcomeOf, outcomesOf, type Question, questionNames, questions } from './questions.ts';
