import { SavedSyns } from '@echo-daytime/linux';
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

interface AcceptorOptions {
  readonly name: string;
  readonly tcpEngine: TcpEngineChoice;
  /** Whether connections can tell their SYN. */
  readonly saveSyn?: boolean;
}

/** The acceptor of a listener, which makes the transports. @throws where TCP_ENGINE asks for what does not work here */
export async function openAcceptor(
  { name, tcpEngine, saveSyn = false }: AcceptorOptions,
  { worker, descriptors, notice }: TcpEngineParts,
  events: AcceptorEvents,
): Promise<TcpAcceptor> {
  // The reason is the same in all workers of a process: only the first logs it.
  const explain = (message: string, reason: string): void => {
    if (worker === 0) notice(message, { listener: name, reason });
  };
  const syns = saveSyn
    ? openSyns((reason) => explain('TCP_SAVE_SYN=on has no effect here', reason))
    : undefined;
  if (tcpEngine === 'net') return new NetAcceptor(events, syns);
  const acceptor = await openEpollAcceptor(events, descriptors, syns);
  if (!('reason' in acceptor)) return acceptor;
  const { reason } = acceptor;
  if (tcpEngine === 'epoll') {
    throw new Error(`${name}: TCP_ENGINE=epoll does not work here: ${reason}; set TCP_ENGINE to auto or net`);
  }
  explain('no epoll TCP here, node:net serves instead', reason);
  return new NetAcceptor(events, syns);
}

/** The SYNs of the connections; undefined, with a reason, where the system does not keep them. */
function openSyns(unavailable: (reason: string) => void): SavedSyns | undefined {
  const syns = SavedSyns.open();
  if (syns instanceof SavedSyns) return syns;
  unavailable(syns.reason);
  return undefined;
}
