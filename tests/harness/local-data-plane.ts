import { type Keys, readConfig } from '@echo-daytime/runtime';
import {
  ConnectionLimit,
  CounterBlock,
  type DataPlane,
  type DataPlaneContext,
  declareListeners,
  type MetricFamily,
  OpenDescriptors,
  type SharedFaults,
} from '@echo-daytime/worker';
import { Metrics, seriesKey } from './metrics.ts';

/** More memory than the counters of any service need. */
const COUNTERS_BYTES = 64 * 1024;
/** Loopback, any free port, no optional listener. */
const DEFAULTS = { HOST: '127.0.0.1', PORT: '0', DIALOG_PORT: '0', STAMP_PORT: '0', SESSION_PORT: '0' };

/** A data plane in the test's own process. It is for tests of many configurations, because starting a service takes long. */
export class LocalDataPlane implements AsyncDisposable {
  readonly #dataPlane: DataPlane;
  readonly #memory: SharedArrayBuffer;
  readonly #families: readonly MetricFamily[];

  static async open<Config>(
    open: (context: DataPlaneContext<Config>) => Promise<DataPlane>,
    keys: Keys<Config>,
    env: Readonly<Record<string, string>>,
    faults?: SharedFaults,
  ): Promise<LocalDataPlane> {
    const memory = new SharedArrayBuffer(COUNTERS_BYTES);
    const counters = new CounterBlock(memory);
    const dataPlane = await open({
      config: readConfig(keys, { env: { ...DEFAULTS, ...env }, args: [] }),
      worker: 0,
      workers: 1,
      counters,
      connectionLimit: () => new ConnectionLimit(ConnectionLimit.memoryFor(1), 0),
      descriptors: new OpenDescriptors(OpenDescriptors.memory()),
      faults: () => faults,
      notice: () => {},
      send: () => {},
    });
    return new LocalDataPlane(dataPlane, memory, counters.families);
  }

  private constructor(dataPlane: DataPlane, memory: SharedArrayBuffer, families: readonly MetricFamily[]) {
    this.#dataPlane = dataPlane;
    this.#memory = memory;
    this.#families = families;
  }

  /** Port of the first listener. */
  get port(): number {
    return this.#dataPlane.addresses[0]?.port ?? 0;
  }

  portOf(listener: string): number {
    const found = this.#dataPlane.addresses.find((address) => address.listener === listener);
    if (!found) throw new Error(`no listener ${listener}`);
    return found.port;
  }

  /** Its metrics as a scrape of its service would show them, without histograms. */
  metrics(): Metrics {
    const cells = new Float64Array(this.#memory);
    const series = this.#families
      .filter(({ type }) => type !== 'histogram')
      .flatMap(({ name, series }) =>
        series.map(({ labels, cell }) => [seriesKey(name, labels), cells[cell] ?? 0] as const),
      );
    return new Metrics(new Map(series));
  }

  /** Its counters, by the listeners of its service. */
  counters<Specs extends Parameters<typeof declareListeners>[0]>(listeners: Specs) {
    return declareListeners(listeners, new CounterBlock(this.#memory));
  }

  drain(timeoutMs: number): Promise<void> {
    return this.#dataPlane.drain(timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dataPlane.drain(0);
  }
}
