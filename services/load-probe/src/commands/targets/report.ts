import { jsonDocument, textOf } from '../../cli/report.ts';
import type { FileProblem } from '../../targets/file.ts';
import type { Slo, Target } from '../../targets/target.ts';

const MS_PER_SECOND = 1_000;

/** The series of a targets file, or its problems, as JSON. */
export function targetsJson(targets: readonly Target[], problems: readonly FileProblem[]): string {
  const shown = targets.map(
    ({
      id,
      name,
      url,
      discover = 'off',
      protocol,
      flow,
      intervalMs,
      timeoutMs,
      sizeBytes,
      dscp,
      syn,
      slo,
      expect,
      provenBy,
    }) => ({
      id,
      name,
      url,
      discover,
      protocol,
      flow,
      intervalMs,
      timeoutMs,
      sizeBytes,
      dscp: dscp ?? null,
      syn: syn ?? false,
      expect: expect ?? null,
      control: provenBy?.id ?? null,
      slo: { maxLossRatio: slo?.maxLossRatio ?? null, maxP99Ms: slo?.maxP99Ms ?? null },
    }),
  );
  return jsonDocument({ valid: problems.length === 0, problems, targets: shown });
}

/** The series of a targets file as a table. */
export function targetsTable(targets: readonly Target[]): string {
  const rows = [
    ['NAME', 'URL', 'DISCOVER', 'FLOW', 'INTERVAL', 'TIMEOUT', 'SIZE', 'SLO'],
    ...targets.map(({ discover = '-', protocol, provenBy, ...target }) => {
      const { name, url, flow, intervalMs, timeoutMs, sizeBytes, slo } = target;
      return [
        name,
        url,
        discover,
        flow,
        duration(intervalMs),
        duration(timeoutMs),
        protocol.startsWith('echo') ? `${sizeBytes}B` : '-',
        provenBy ? `blocked, control ${provenBy.id}` : promise(slo),
      ];
    }),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return textOf(lines);
}

function duration(milliseconds: number): string {
  return milliseconds % MS_PER_SECOND === 0 ? `${milliseconds / MS_PER_SECOND}s` : `${milliseconds}ms`;
}

function promise(slo: Slo | undefined): string {
  const parts = [
    ...(slo?.maxLossRatio === undefined ? [] : [`loss ${Number((slo.maxLossRatio * 100).toFixed(4))}%`]),
    ...(slo?.maxP99Ms === undefined ? [] : [`p99 ${slo.maxP99Ms}ms`]),
  ];
  return parts.length > 0 ? parts.join(', ') : '-';
}
