import { styleText } from 'node:util';
import { type Cause, causeSpec, experiments, likeliest, questions } from '@echo-daytime/diagnosis';
import { jsonDocument, textOf } from '../../cli/report.ts';
import { durationWords, percent } from '../../stats/format.ts';
import type { ExplainOptions } from './options.ts';
import { reproducing } from './reproduce.ts';
import type { Done, Explanation } from './run.ts';

/** What is about to be sent, before it is. */
export function loadLine({ budgetMs, maxRate, target }: ExplainOptions): string {
  return (
    `sends to ${target.host} at most ${maxRate} samples a second, none of more than 32 KiB, for at most ` +
    `${durationWords(budgetMs)}; three ports beside ${target.port} get a connect\n`
  );
}

/** What is tried, while it is. */
export function begunLine(experiment: Done['experiment']): string {
  const { holds, varies } = experiments[experiment];
  return `${experiment}: varies ${varies}; holds ${holds}\n`;
}

/** What was seen, and what it rules out. */
export function endedLines({ observations, toMs }: Done, ruledOut: readonly Cause[]): string {
  const at = durationWords(toMs);
  const seen = observations.map((each) => `  ${at}  ${each.question} ${likeliest(each)}: ${each.detail}`);
  if (seen.length === 0) seen.push(`  ${at}  it could tell nothing here`);
  if (ruledOut.length > 0) seen.push(`  ${at}  not ${ruledOut.join(', ')}`);
  return textOf(seen);
}

/** The result in one sentence. */
export function sentenceOf(explanation: Explanation, { target }: Pick<ExplainOptions, 'target'>): string {
  const { conclusion, details, end } = explanation;
  const { left, name, others } = conclusion;
  if (name === 'unknown') {
    const may = left.map(({ name, probability }) => `${name} (${percent(Number(probability.toFixed(2)))})`);
    const which =
      may.length > 0 ? `it may be ${may.join(' or ')}` : 'what was seen fits no cause that has a name';
    return `${target.url}: unknown: ${which}; ${whyNoMore[end]}`;
  }
  const { layer, means } = causeSpec(name);
  const where = layer === null ? '' : ` (${layer})`;
  const beside = others.length > 0 ? `; besides ${others.join(', ')}` : '';
  const { direction, hop, ports } = layer === null ? {} : details;
  const more = [
    direction && `direction ${direction}`,
    hop && `at ${hop}`,
    ports &&
      ports.length > 0 &&
      `source ports ${ports.slice(0, 8).join(', ')}${ports.length > 8 ? ', …' : ''}`,
  ].filter(Boolean);
  return `${target.url}: ${name}${where}: ${means}${more.map((each) => `; ${each}`).join('')}${beside}`;
}

const whyNoMore: Readonly<Record<Explanation['end'], string>> = {
  known: '',
  nothing_tells_more: 'nothing that can be tried from here tells more',
  time_is_up: 'the time is up, so give it a longer --budget',
  interrupted: 'it was stopped',
};

export function textReport(options: ExplainOptions, explanation: Explanation): string {
  const { conclusion, done, elapsedMs } = explanation;
  const { confidence, name, untested } = conclusion;
  const colour = name === 'healthy' ? 'green' : name === 'unknown' ? 'yellow' : 'red';
  const lines = [styleText(colour, sentenceOf(explanation, options), { stream: process.stdout })];
  if (name !== 'unknown')
    lines.push(`confidence ${percent(floored(confidence))}, after ${durationWords(elapsedMs)}`);
  const evidence = evidenceOf(done);
  if (evidence.length > 0) lines.push('evidence:', ...evidence.map(({ detail }) => `  ${detail}`));
  if (untested.length > 0) lines.push(`not tested, because nothing here shows it: ${untested.join(', ')}`);
  lines.push(`next: ${adviceOf(explanation)}`, `the same by hand: ${commandOf(explanation, options)}`);
  return textOf(lines);
}

export function jsonReport(options: ExplainOptions, explanation: Explanation): string {
  const { conclusion, details, done, elapsedMs, end, startedAt } = explanation;
  const { confidence, left, name, others, ruledOut, untested } = conclusion;
  const isFault = name !== 'unknown' && name !== 'healthy';
  return jsonDocument({
    url: options.target.url,
    cause: name,
    layer: name === 'unknown' ? null : causeSpec(name).layer,
    direction: (isFault && details.direction) || null,
    hop: (isFault && details.hop) || null,
    ports: (isFault && details.ports) || null,
    confidence: floored(confidence),
    others,
    left: left.map(({ name, probability }) => ({ cause: name, probability })),
    sentence: sentenceOf(explanation, options),
    evidence: evidenceOf(done),
    ruledOut,
    untested,
    experiments: done.map(({ experiment, fromMs, observations, toMs }) => ({
      name: experiment,
      varies: experiments[experiment].varies,
      holds: experiments[experiment].holds,
      fromMs,
      toMs,
      observations: observations.map((each) => ({
        question: each.question,
        outcome: likeliest(each),
        detail: each.detail,
      })),
    })),
    next: adviceOf(explanation),
    command: commandOf(explanation, options),
    end,
    startedAt: new Date(startedAt).toISOString(),
    elapsedMs,
  });
}

interface EvidenceLine {
  readonly experiment: string;
  readonly question: string;
  readonly outcome: string;
  readonly detail: string;
}

/** What was seen: first what is not usual. */
function evidenceOf(done: readonly Done[]): EvidenceLine[] {
  const lines = done.flatMap(({ experiment, observations }) =>
    observations.map((each) => {
      const outcome = likeliest(each);
      const isUsual = outcome in questions[each.question].usual;
      return { isUsual, line: { experiment, question: each.question, outcome, detail: each.detail } };
    }),
  );
  return [...lines.filter(({ isUsual }) => !isUsual), ...lines.filter(({ isUsual }) => isUsual)].map(
    ({ line }) => line,
  );
}

function adviceOf({ conclusion, end }: Explanation): string {
  const { left, name } = conclusion;
  if (name !== 'unknown') return causeSpec(name).advice;
  if (end === 'time_is_up') return 'give it a longer --budget';
  const advice = left.map(({ name }) => (name === 'unknown' ? '' : `${name}: ${causeSpec(name).advice}`));
  return (
    advice.filter((each) => each !== '').join('; ') || 'run it at the target, and at a router on the way'
  );
}

function commandOf({ conclusion: { name, left }, done }: Explanation, { target }: ExplainOptions): string {
  const likely = name === 'unknown' ? left[0]?.name : name;
  return reproducing(likely === 'unknown' ? undefined : likely, done, target);
}

/** Four digits, and never rounded up to certainty. */
function floored(confidence: number): number {
  return Math.floor(confidence * 10_000) / 10_000;
}
