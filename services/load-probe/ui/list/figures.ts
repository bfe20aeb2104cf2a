import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { count, counted, ms, NOTHING, percent } from '../../src/stats/format.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { clockWords } from '../words/figure-words.ts';

interface Figure {
  readonly label: string;
  /** An explanation of the label. */
  readonly meaning: string;
  readonly value: (target: TargetStatus) => string;
  readonly isBad?: (target: TargetStatus) => boolean;
  /** Where the figure cannot be had from every target. */
  readonly isKnown?: (target: TargetStatus) => boolean;
}

const loss: Figure = {
  label: 'Loss',
  meaning: 'share of samples that were not ok',
  value: ({ window }) => (window.samples === 0 ? NOTHING : percent(window.lossRatio)),
  isBad: ({ window, slo }) => window.samples > 0 && window.lossRatio > (slo?.maxLossRatio ?? 0),
};
const p50: Figure = {
  label: 'p50',
  meaning: 'median round-trip time',
  value: ({ window }) => ms(window.p50Ms),
};
const p99: Figure = {
  label: 'p99',
  meaning: 'round-trip time that 99 of 100 answers stay within',
  value: ({ window }) => ms(window.p99Ms),
  isBad: ({ window, slo }) => slo?.maxP99Ms != null && (window.p99Ms ?? 0) > slo.maxP99Ms,
};
const wire: Figure = {
  label: 'Wire p50',
  meaning: "median round-trip time between the kernel's timestamps, without the probe's own share",
  value: ({ window }) => ms(window.wireP50Ms),
  isKnown: ({ window }) => window.wireP50Ms !== null,
};
const reflector: Figure = {
  label: 'Reflector p50',
  meaning: 'median time that the reflector itself took, which the round trip includes',
  value: ({ window }) => ms(window.reflectorP50Ms),
  isKnown: ({ window }) => window.reflectorP50Ms !== null,
};
const jitter: Figure = {
  label: 'Jitter',
  meaning: 'how much the round-trip time changes from one sample to the next',
  value: ({ window }) => ms(window.jitterMs),
};
const duplicates: Figure = {
  label: 'Duplicates',
  meaning: 'answers that came more than once',
  value: ({ window }) => count(window.duplicates),
  isBad: ({ window }) => window.duplicates > 0,
};
const reordered: Figure = {
  label: 'Reordered',
  meaning: 'answers that came after that to a later sample',
  value: ({ window }) => count(window.reordered),
  isBad: ({ window }) => window.reordered > 0,
};
const lostThere: Figure = {
  label: 'Lost there',
  meaning: 'since the probe started: requests that the target did not receive, where it is known',
  value: ({ lost }) => count(lost?.forward ?? 0),
  isBad: ({ lost }) => (lost?.forward ?? 0) > 0,
  isKnown: ({ lost }) => lost !== null,
};
const lostBack: Figure = {
  label: 'Lost back',
  meaning: 'since the probe started: replies that were lost on their way, where it is known',
  value: ({ lost }) => count(lost?.return ?? 0),
  isBad: ({ lost }) => (lost?.return ?? 0) > 0,
  isKnown: ({ lost }) => lost !== null,
};
const clock: Figure = {
  label: 'Clock offset',
  meaning: "the target's clock less the probe's, right to within the error bound",
  value: ({ clock }) => (clock === null ? NOTHING : clockWords(clock)),
  isKnown: ({ clock }) => clock !== null,
};

/** The figures of a row, and all figures. */
export const rowFigures = [loss, p50, p99, jitter] as const;
export const allFigures = [
  loss,
  lostThere,
  lostBack,
  p50,
  p99,
  wire,
  reflector,
  jitter,
  duplicates,
  reordered,
  clock,
] as const;

/** The last minute of one series in numbers. */
export function figuresList(figures: readonly Figure[], target: TargetStatus): TemplateResult {
  const known = figures.filter(({ isKnown }) => isKnown?.(target) ?? true);
  return html`<dl class="figures">
    ${known.map(
      ({ label, meaning, value, isBad }) =>
        html`<div><dt title=${meaning}>${label}</dt><dd data-bad=${isBad?.(target) ?? false}>${value(target)}</dd></div>`,
    )}
  </dl>`;
}

/** Notes for which a row has no figure: `in the last minute · 3 duplicates`. */
export function figuresNote({ window, clock }: TargetStatus): string {
  const { seconds, duplicates, reordered } = window;
  const parts = [seconds === 60 ? 'in the last minute' : `in the last ${count(seconds)} s`];
  if (duplicates > 0) parts.push(counted(duplicates, 'duplicate'));
  if (reordered > 0) parts.push(`${count(reordered)} reordered`);
  if (clock !== null) parts.push(`clock ${clockWords(clock)}`);
  return parts.join(' · ');
}
