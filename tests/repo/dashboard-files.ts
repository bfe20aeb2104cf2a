import { read, trackedFiles } from './tracked-files.ts';

interface Query {
  readonly expr: string;
  readonly legendFormat?: string;
  readonly format?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly Query[];
}

interface Variable {
  readonly name: string;
  readonly datasource: { readonly uid: string };
  readonly query: { readonly query: string };
}

interface Annotation {
  readonly name: string;
  readonly datasource: { readonly uid: string };
  readonly target: Query;
  readonly titleFormat: string;
  readonly textFormat: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly Annotation[] };
}

/** Something on a dashboard that asks Prometheus. */
export interface Question {
  /** Dashboard and panel, variable or annotation. */
  readonly where: string;
  /** PromQL, in place of Grafana's variables what they stand for when everything is chosen. */
  readonly expr: string;
  /** Templates such as `{{target}}` that its answers are named by. */
  readonly format: string;
  /** Whether each label has a column. */
  readonly isTable: boolean;
}

export const dashboardPaths: readonly string[] = trackedFiles.filter((path) =>
  /^deploy\/grafana\/dashboards\/.+\.json$/.test(path),
);

export const dashboards: readonly Dashboard[] = dashboardPaths.map((path) => JSON.parse(read(path)));

export const questions: readonly Question[] = dashboards.flatMap(
  ({ title, panels, templating, annotations }) => [
    ...panels.flatMap((panel) =>
      (panel.targets ?? []).map(({ expr, legendFormat = '', format }) => ({
        where: `${title}: ${panel.title}`,
        expr: substituted(expr),
        format: legendFormat,
        isTable: format === 'table',
      })),
    ),
    ...templating.list.map(({ name, query }) => ({
      where: `${title}: $${name}`,
      ...valuesOfLabel(query.query),
      isTable: false,
    })),
    ...annotations.list.map(({ name, target, titleFormat, textFormat }) => ({
      where: `${title}: ${name}`,
      expr: substituted(target.expr),
      format: titleFormat + textFormat,
      isTable: false,
    })),
  ],
);

/** Grafana's own function: the values that a label has in the series. */
function valuesOfLabel(query: string): Pick<Question, 'expr' | 'format'> {
  const [, series = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
  if (label === '') throw new Error(`only label_values(series, label) is known here: ${query}`);
  return { expr: substituted(series), format: `{{${label}}}` };
}

function substituted(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replace(/"\$(?!\d)\w+"/g, '".+"');
}
