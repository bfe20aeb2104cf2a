/** The output of one run of the generator. A workload has only some of these members. */
export interface GeneratorReport {
  readonly seconds: number;
  readonly requests: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly generatorCpuSeconds: number;
  readonly serverCpuSeconds: number;
  readonly failed: number;
  /** Why the last failed request failed. */
  readonly failure?: string;
  /** Datagrams without a reply. */
  readonly lost?: number;
  /** The server's memory for all idle connections together, after the run. */
  readonly memoryBytes?: number;
  /** Replies on new connections that were opened beside the busy ones. */
  readonly visits?: number;
  readonly visitP50Us?: number;
  readonly visitP999Us?: number;
}

export interface Figure {
  /** Title of the column; the arrow says which direction is better. */
  readonly title: string;
  /** The figure of one run. */
  readonly of: (report: GeneratorReport, connections: number) => number | undefined;
  readonly format: (value: number) => string;
}

/** The columns of the tables. */
export const figures = {
  throughput: {
    title: 'requests/s ↑',
    of: ({ requests, seconds }) => requests / seconds,
    format: (value) => thousands(value),
  },
  p50: { title: 'p50 ↓', of: ({ p50Us }) => p50Us, format: duration },
  p99: { title: 'p99 ↓', of: ({ p99Us }) => p99Us, format: duration },
  cpu: {
    title: 'server CPU/request ↓',
    of: ({ serverCpuSeconds, requests }) => (requests > 0 ? (serverCpuSeconds * 1e6) / requests : undefined),
    format: (value) => `${value.toFixed(2)} µs`,
  },
  memory: {
    title: 'memory/connection ↓',
    of: ({ memoryBytes }, connections) =>
      memoryBytes === undefined ? undefined : Math.max(0, memoryBytes) / connections,
    format: (value) => `${(value / 1024).toFixed(1)} KB`,
  },
  firstReply: { title: 'first reply p50 ↓', of: ({ visitP50Us }) => visitP50Us, format: duration },
  firstReplyP999: { title: 'first reply p99.9 ↓', of: ({ visitP999Us }) => visitP999Us, format: duration },
  lost: {
    title: 'lost ↓',
    of: ({ lost, requests }) =>
      lost === undefined ? undefined : (lost * 100) / Math.max(1, requests + lost),
    format: (value) => `${value.toFixed(2)} %`,
  },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof figures;

/**
 * The share of its core that the busier of server and generator used. A closed loop keeps one of the two busy all the
 * time, so a share below 1 means that another process used the core.
 */
export function busyShare({ serverCpuSeconds, generatorCpuSeconds, seconds }: GeneratorReport): number {
  return Math.max(serverCpuSeconds, generatorCpuSeconds) / seconds;
}

function thousands(value: number): string {
  return value >= 10_000 ? `${(value / 1_000).toFixed(1)}k` : value.toFixed(0);
}

function duration(us: number): string {
  if (us >= 1_000_000) return `${(us / 1_000_000).toPrecision(3)} s`;
  return us >= 1_000 ? `${(us / 1_000).toPrecision(3)} ms` : `${us.toPrecision(3)} µs`;
}
