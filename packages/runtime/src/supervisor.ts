import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import { threadTime } from '@echo-daytime/linux/thread-time';
import {
  type BoundAddress,
  ConnectionLimit,
  CounterBlock,
  describeFailure,
  type Failure,
  type FromWorker,
  monotonicSeconds,
  OpenDescriptors,
  settle,
  type ToWorker,
  type WorkerStart,
} from '@echo-daytime/worker';
import { DataPlaneError } from './errors.ts';
import { type Heart, HUNG, newHeart, STALE_AFTER_S, UNKILLABLE, Watchdog } from './watchdog.ts';
import { heapLimitMib } from './workers.ts';

/** This many deaths within the window end the process: restarts do not help, so the orchestrator must act. */
const MAX_DEATHS = 5;
const DEATHS_WINDOW_S = 60;
/** The wait before a restart doubles with each death in the window. */
const FIRST_RESTART_DELAY_MS = 100;

export interface DataPlaneSpec<Config> {
  /** The module that calls `runDataPlane`. */
  readonly entry: URL;
  readonly workers: number;
  readonly config: Config;
  /** Declares what the workers count; the workers make the same declarations on their own memory. */
  declareCounters(block: CounterBlock, config: Config): unknown;
  /** Listeners whose connections are limited over all workers together. */
  readonly connectionLimits: readonly string[];
  /** Memory of the faults of each listener, where they can be injected. */
  readonly faults: Readonly<Record<string, SharedArrayBuffer>>;
}

/** One worker's life. The addresses exist only while it listens. */
type WorkerState =
  | { readonly name: 'starting' }
  | { readonly name: 'listening'; readonly addresses: readonly BoundAddress[] }
  | { readonly name: 'restarting'; readonly timer: NodeJS.Timeout }
  | { readonly name: 'closed' };

interface Slot {
  readonly number: number;
  readonly counters: SharedArrayBuffer;
  readonly descriptors: SharedArrayBuffer;
  readonly heart: Heart;
  state: WorkerState;
  thread?: Worker;
  /** The failure that the worker reported before it ended. */
  failure?: Failure;
}

interface SupervisorEvents {
  /** Every worker listens (again). */
  listening: [addresses: readonly BoundAddress[]];
  /** A worker's thread was started or restarted. Data sent to it now waits until the worker listens. */
  started: [worker: number];
  /** A worker died and is started again after `delayMs`. */
  restart: [death: { worker: number; failure: Failure; delayMs: number }];
  /** A worker died while it drained: the bytes that it had not sent are lost. */
  lost: [death: { worker: number; failure: Failure }];
  notice: [message: string, fields: Readonly<Record<string, unknown>>];
  data: [data: unknown, worker: number];
  /** A worker hangs where V8 can't terminate it. A normal exit would wait for it, so the process has to be killed. */
  unkillable: [error: DataPlaneError];
  /** The data plane can't go on. */
  fatal: [error: DataPlaneError];
}

export interface DataPlaneStatus {
  /** Workers that have every listener bound. */
  readonly listening: number;
  readonly workers: number;
  /** Age of the oldest heartbeat of a running worker, seconds. */
  readonly heartbeatAge: number;
  /** Whether a running worker has been without a heartbeat for STALE_AFTER_S. */
  readonly isHung: boolean;
}

/** Starts the data-plane workers, watches them, restarts dead ones, and drains them at the end. */
export class Supervisor extends EventEmitter<SupervisorEvents> {
  readonly counters: readonly SharedArrayBuffer[];
  readonly #spec: DataPlaneSpec<unknown>;
  readonly #connectionLimits: Readonly<Record<string, SharedArrayBuffer>>;
  readonly #slots: readonly Slot[];
  readonly #heapLimitMib: number;
  readonly #watchdog: Watchdog;
  #deaths: number[] = [];
  #draining = false;

  constructor(spec: DataPlaneSpec<unknown>, layout: CounterBlock) {
    super();
    this.#spec = spec;
    this.#connectionLimits = Object.fromEntries(
      spec.connectionLimits.map((name) => [name, ConnectionLimit.memoryFor(spec.workers)]),
    );
    this.#slots = Array.from({ length: spec.workers }, (_, number) => {
      const counters = new SharedArrayBuffer(layout.byteLength);
      const { heartbeat } = new CounterBlock(counters);
      return {
        number,
        counters,
        descriptors: OpenDescriptors.memory(),
        heart: newHeart(heartbeat, () => threadTime(threadName(number))),
        state: { name: 'starting' },
      };
    });
    this.counters = this.#slots.map((slot) => slot.counters);
    this.#heapLimitMib = heapLimitMib(spec.workers);
    this.#watchdog = new Watchdog(() => this.#endHung());
  }

  start(): void {
    for (const slot of this.#slots) this.#startWorker(slot);
    this.#watchdog.start();
  }

  /** Sends a worker data of the service; dropped when the worker is not running. */
  send(worker: number, data: unknown): void {
    this.#slots[worker]?.thread?.postMessage({ type: 'data', data } satisfies ToWorker);
  }

  /** The addresses that a listening worker is bound to; they are the same for every worker. */
  get addresses(): readonly BoundAddress[] {
    const states = this.#slots.map(({ state }) => state);
    return states.find((state) => state.name === 'listening')?.addresses ?? [];
  }

  status(): DataPlaneStatus {
    const running = this.#slots.filter(
      ({ state }) => state.name === 'starting' || state.name === 'listening',
    );
    const now = monotonicSeconds();
    const ages = running.map((slot) => now - slot.heart.heartbeat.value);
    return {
      listening: this.#slots.filter(({ state }) => state.name === 'listening').length,
      workers: this.#slots.length,
      heartbeatAge: Math.max(0, ...ages),
      isHung: running.some(({ heart }) => heart.missedBeats >= STALE_AFTER_S),
    };
  }

  /**
   * Drains every worker. A worker that has not reported `closed` after the timeout is terminated.
   *
   * @returns how many workers were terminated
   */
  async drain(timeoutMs: number): Promise<number> {
    this.#draining = true;
    this.#watchdog.stop();
    const terminated = await Promise.all(this.#slots.map((slot) => this.#drainWorker(slot, timeoutMs)));
    return terminated.filter(Boolean).length;
  }

  async #drainWorker(slot: Slot, timeoutMs: number): Promise<boolean> {
    if (slot.state.name === 'restarting') clearTimeout(slot.state.timer);
    const { thread } = slot;
    if (!thread) return false;
    const { promise: finished, resolve } = Promise.withResolvers<boolean>();
    thread.once('exit', () => resolve(false));
    // A closed worker counts as drained: its thread may end much later, when the resolver answers an abandoned lookup.
    thread.on('message', ({ type }: FromWorker) => {
      if (type === 'closed') resolve(false);
    });
    thread.postMessage({ type: 'drain', timeoutMs } satisfies ToWorker);
    const timer = setTimeout(() => {
      slot.state = { name: 'closed' };
      void thread.terminate();
      resolve(true);
    }, timeoutMs + WORKER_EXIT_GRACE_MS);
    const wasTerminated = await finished;
    clearTimeout(timer);
    return wasTerminated;
  }

  #startWorker(slot: Slot): void {
    const thread = new Worker(this.#spec.entry, {
      name: threadName(slot.number),
      workerData: {
        config: this.#spec.config,
        worker: slot.number,
        workers: this.#slots.length,
        counters: slot.counters,
        connectionLimits: this.#connectionLimits,
        descriptors: slot.descriptors,
        faults: this.#spec.faults,
      } satisfies WorkerStart<unknown>,
      // A heap that reaches its limit ends only its worker. A heap larger than the memory ends the whole process.
      resourceLimits: { maxOldGenerationSizeMb: this.#heapLimitMib },
    });
    slot.thread = thread;
    slot.state = { name: 'starting' };
    delete slot.failure;
    // Set here, so that the heartbeat also ages when the worker never beats.
    slot.heart.heartbeat.set(monotonicSeconds());
    slot.heart.missedBeats = 0;
    slot.heart.ranS = 0;
    thread.on('message', (message: FromWorker) => this.#receive(slot, message));
    thread.on('error', (error) => {
      slot.failure = describeFailure(error);
    });
    thread.on('exit', (code) => this.#exited(slot, code));
    this.emit('started', slot.number);
  }

  /** Terminates hung workers: a worker in an endless loop reads no message, and most orchestrators do not restart it. */
  #endHung(): void {
    for (const slot of this.#slots) {
      const { name } = slot.state;
      if (name !== 'starting' && name !== 'listening') continue;
      const condition = this.#watchdog.check(slot.heart);
      if (condition === 'beating') continue;
      if (condition === 'unkillable') {
        this.#watchdog.stop();
        this.emit('unkillable', new DataPlaneError(UNKILLABLE));
        return;
      }
      slot.failure = { message: HUNG };
      void slot.thread?.terminate();
    }
  }

  #receive(slot: Slot, message: FromWorker): void {
    switch (message.type) {
      case 'listening':
        slot.state = { name: 'listening', addresses: message.addresses };
        if (this.#slots.every(({ state }) => state.name === 'listening')) {
          this.emit('listening', message.addresses);
        }
        break;
      case 'notice':
        this.emit('notice', message.message, message.fields);
        break;
      case 'data':
        this.emit('data', message.data, slot.number);
        break;
      case 'fatal':
        slot.failure = message.failure;
        // The first start failed because of the environment, such as a port in use. A restart would fail again.
        if (slot.state.name === 'starting' && this.#deaths.length === 0) {
          // `closed`, so that the exit of the thread causes no restart.
          slot.state = { name: 'closed' };
          this.emit('fatal', new DataPlaneError(message.failure.message));
        } else {
          void slot.thread?.terminate();
        }
        break;
      case 'closed':
        slot.state = { name: 'closed' };
        void slot.thread?.terminate();
        break;
    }
  }

  #exited(slot: Slot, code: number): void {
    delete slot.thread;
    new OpenDescriptors(slot.descriptors).closeAll();
    this.#settle(slot);
    if (slot.state.name === 'closed') return;
    const failure = slot.failure ?? { message: `the worker ended by itself with exit code ${code}` };
    if (this.#draining) {
      slot.state = { name: 'closed' };
      this.emit('lost', { worker: slot.number, failure });
      return;
    }
    const now = monotonicSeconds();
    this.#deaths = [...this.#deaths.filter((at) => now - at < DEATHS_WINDOW_S), now];
    const deaths = this.#deaths.length;
    if (deaths >= MAX_DEATHS) {
      const message = `data-plane workers died ${deaths} times in ${DEATHS_WINDOW_S} s, last: ${failure.message}`;
      slot.state = { name: 'closed' };
      this.emit('fatal', new DataPlaneError(message));
      return;
    }
    const delayMs = FIRST_RESTART_DELAY_MS * 2 ** (deaths - 1);
    slot.state = { name: 'restarting', timer: setTimeout(() => this.#startWorker(slot), delayMs) };
    this.emit('restart', { worker: slot.number, failure, delayMs });
  }

  /** Settles the counters of a worker that has ended: counts its open connections as lost and frees their places. */
  #settle(slot: Slot): void {
    const block = new CounterBlock(slot.counters);
    this.#spec.declareCounters(block, this.#spec.config);
    settle(block);
    for (const memory of Object.values(this.#connectionLimits))
      new ConnectionLimit(memory, slot.number).releaseAll();
  }
}

const threadName = (worker: number): string => `data-plane-${worker}`;

/** How long after its drain timeout a worker may still report `closed`. */
const WORKER_EXIT_GRACE_MS = 500;
