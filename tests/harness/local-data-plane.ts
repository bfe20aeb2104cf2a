import {
  Claims,
  CounterBlock,
  type DataPlane,
  type DataPlaneContext,
  OpenDescriptors,
  type SharedFaults,
} from '@echo-daytime/link';
import { type Keys, readConfig } from '@echo-daytime/runtime';

/** More than any service counts. */
const COUNTERS_BYTES = 64 * 1024;

/** A data plane in the test's own process: for many configurations, where starting a service for each takes long. */
export class LocalDataPlane implements AsyncDisposable {
  readonly #dataPlane: DataPlane;
  readonly #memory: SharedArrayBuffer;

  static async open<Config>(
    open: (context: DataPlaneContext<Config>) => Promise<DataPlane>,
    keys: Keys<Config>,
    env: Readonly<Record<string, string>>,
    faults?: SharedFaults,
  ): Promise<LocalDataPlane> {
    const memory = new SharedArrayBuffer(COUNTERS_BYTES);
    const dataPlane = await open({
      config: readConfig(keys, { env: { HOST: '127.0.0.1', PORT: '0', ...env }, args: [] }),
      worker: 0,
      workers: 1,
      counters: new CounterBlock(memory),
      claims: () => new Claims(Claims.memoryFor(1), 0),
      descriptors: new OpenDescriptors(OpenDescriptors.memory()),
      faults: () => faults,
      notice: () => {},
      send: () => {},
    });
    return new LocalDataPlane(dataPlane, memory);
  }

  private constructor(dataPlane: DataPlane, memory: SharedArrayBuffer) {
    this.#dataPlane = dataPlane;
    this.#memory = memory;
  }

  /** Port of the first listener. */
  get port(): number {
    return this.#dataPlane.addresses[0]?.port ?? 0;
  }

  /** What it counted, by the declarations of its service. */
  counters<T>(declare: (block: CounterBlock) => T): T {
    return declare(new CounterBlock(this.#memory));
  }

  drain(timeoutMs: number): Promise<void> {
    return this.#dataPlane.drain(timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dataPlane.drain(0);
  }
}
