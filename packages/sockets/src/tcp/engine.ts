import type { OpenDescriptors } from '@echo-daytime/worker';
import type { AcceptorEvents, TcpAcceptor } from './acceptor.ts';
import { openEpollAcceptor } from './epoll-acceptor.ts';
import { NetAcceptor } from './net-acceptor.ts';

/** Values of TCP_ENGINE; `auto` is `epoll` where the system has it. */
export type TcpEngineChoice = 'auto' | 'epoll' | 'net';

export interface TcpEngineParts {
  /** Number of the worker. */
  readonly worker: number;
  /** Of this worker. */
  readonly descriptors: OpenDescriptors;
  notice(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** The acceptor of a listener, which makes the transports. @throws where TCP_ENGINE asks for what does not work here */
export async function openAcceptor(
  { name, tcpEngine }: { readonly name: string; readonly tcpEngine: TcpEngineChoice },
  { worker, descriptors, notice }: TcpEngineParts,
  events: AcceptorEvents,
): Promise<TcpAcceptor> {
  if (tcpEngine === 'net') return new NetAcceptor(events);
  const acceptor = await openEpollAcceptor(events, descriptors);
  if (!('reason' in acceptor)) return acceptor;
  const { reason } = acceptor;
  if (tcpEngine === 'epoll') {
    throw new Error(`${name}: TCP_ENGINE=epoll does not work here: ${reason}; set TCP_ENGINE to auto or net`);
  }
  // The reason is the same in all workers of a process: only the first logs it.
  if (worker === 0) notice('no epoll TCP here, node:net serves instead', { listener: name, reason });
  return new NetAcceptor(events);
}
