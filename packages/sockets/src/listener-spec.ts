import {
  type BoundAddress,
  type CounterBlock,
  type DataPlane,
  type DataPlaneContext,
  declareListeners,
  isOn,
  type ListenerSpec,
  portOf,
  variableOf,
} from '@echo-daytime/worker';
import type { TcpProtocol } from './tcp/connection.ts';
import { type TcpCounters, tcpCounters } from './tcp/counters.ts';
import { TcpListener, type TcpListenerOptions } from './tcp/listener.ts';
import { type UdpCounters, udpCounters } from './udp/counters.ts';
import type { HeaderProtocol, UdpListenerOptions, UdpProtocol } from './udp/engine.ts';
import { UdpListener } from './udp/listener.ts';

/** One row of `listeners.ts`: counters, limits, faults and draining of the listener follow from it. */
interface Row<Config, Counters, Own, Protocol> extends Pick<ListenerSpec, 'port' | 'switch'> {
  readonly port: keyof Config & string;
  readonly switch?: keyof Config & string;
  /** TCP: the configuration key that has the kernel keep the SYN of each connection. */
  readonly saveSyn?: keyof Config & string;
  /** UDP: shorter requests get no reply, whatever the configuration says. */
  readonly minRequestBytes?: number;
  /** Declares the listener's own counters, beside those that every listener of its transport has. */
  counters?(block: CounterBlock, name: string): Own;
  /** The protocol of one worker. */
  serve(config: Config, counters: Counters & Own): Protocol;
}

/** Options that come from the row, not from the configuration. */
type FromRow = 'name' | 'port' | 'portKey' | 'workers' | 'saveSyn';
type TcpConfig = Omit<TcpListenerOptions, FromRow>;
type UdpConfig = Omit<UdpListenerOptions, FromRow | 'minRequestBytes'> & {
  readonly minRequestBytes?: number;
};

interface OpenListener {
  readonly addresses: readonly BoundAddress[];
  drain(timeoutMs: number): Promise<void>;
}

/** The data plane's view of a listener. */
export interface Listener<Config, Counters = unknown, Protocol = unknown> extends ListenerSpec {
  declareCounters(block: CounterBlock, name: string): Counters;
  serve(config: Config, counters: Counters): Protocol;
  open(name: string, counters: Counters, context: DataPlaneContext<Config>): Promise<OpenListener>;
}

export function tcpListener<Config extends TcpConfig, Own extends object = object>(
  row: Row<Config, TcpCounters, Own, TcpProtocol>,
): Listener<Config, TcpCounters & Own, TcpProtocol> {
  return {
    ...row,
    protocol: 'tcp',
    declareCounters: withOwn(tcpCounters, row),
    open: (name, counters, context) =>
      TcpListener.open(
        {
          ...optionsOf(name, row, context),
          saveSyn: row.saveSyn !== undefined && context.config[row.saveSyn] === true,
        },
        {
          protocol: row.serve(context.config, counters),
          counters,
          connectionLimit: context.connectionLimit(name),
          descriptors: context.descriptors,
          worker: context.worker,
          faults: context.faults(name),
          notice: context.notice,
        },
      ),
  };
}

export function udpListener<Config extends UdpConfig, Own extends object = object>(
  row: Row<Config, UdpCounters, Own, UdpProtocol | HeaderProtocol>,
): Listener<Config, UdpCounters & Own, UdpProtocol | HeaderProtocol> {
  return {
    ...row,
    protocol: 'udp',
    declareCounters: withOwn(udpCounters, row),
    open: (name, counters, context) =>
      UdpListener.open(
        { minRequestBytes: row.minRequestBytes ?? 0, ...optionsOf(name, row, context) },
        {
          protocol: row.serve(context.config, counters),
          counters,
          worker: context.worker,
          faults: context.faults(name),
          notice: context.notice,
        },
      ),
  };
}

/** Opens the listeners of one worker that the configuration switches on. */
export async function openListeners<Config extends object>(
  listeners: Readonly<Record<string, Listener<Config>>>,
  context: DataPlaneContext<Config>,
): Promise<DataPlane> {
  const counters = declareListeners(listeners, context.counters);
  const opened: OpenListener[] = [];
  for (const [name, listener] of Object.entries(listeners)) {
    if (!isOn(listener, context.config)) continue;
    opened.push(await listener.open(name, counters[name], context));
  }
  return dataPlaneOf(opened);
}

/** The data plane that the listeners of one worker form. */
export function dataPlaneOf(listeners: readonly OpenListener[]): DataPlane {
  return {
    addresses: listeners.flatMap(({ addresses }) => addresses),
    async drain(timeoutMs) {
      await Promise.all(listeners.map((listener) => listener.drain(timeoutMs)));
    },
  };
}

function withOwn<Counters, Own>(
  common: (block: CounterBlock, name: string) => Counters,
  row: { counters?(block: CounterBlock, name: string): Own },
): (block: CounterBlock, name: string) => Counters & Own {
  return (block, name) => ({ ...common(block, name), ...(row.counters?.(block, name) as Own) });
}

function optionsOf<Config extends object>(
  name: string,
  spec: Pick<ListenerSpec, 'port'>,
  { config, workers }: DataPlaneContext<Config>,
) {
  return { ...config, name, port: portOf(spec, config), portKey: variableOf(spec.port), workers };
}
