import type { Socket } from 'node:net';
import { type IpAddress, isLocalAddress } from '@echo-daytime/addresses';
import { hostPort } from '../targets/target.ts';
import { listenOverflows, synsSent, waitingToBeAccepted } from './kernel-tcp.ts';
import type { SilenceWords } from './open-tcp.ts';

/** Has a connect that nobody answers explained by what this host's kernel can tell. It reads files: for a person's connect. */
export function watchKernel({ address }: IpAddress, port: number): SilenceWords {
  const isLocal = isLocalAddress(address);
  const overflowsBefore = isLocal ? listenOverflows() : undefined;
  return ({ localPort = 0 }: Socket, waitedMs) => {
    const syns = synsSent(localPort);
    const tries = syns === undefined ? '' : `; ${syns === 1 ? 'one SYN was' : `${syns} SYNs were`} sent`;
    const nothing = `no connection to ${hostPort(address, port)} within ${waitedMs} ms${tries}`;
    const full = isLocal ? fullQueue(address, port, overflowsBefore) : undefined;
    return full === undefined
      ? { kind: 'connect_timeout', words: nothing }
      : { kind: 'backlog_full', words: `${nothing}; ${full}` };
  };
}

function fullQueue(address: string, port: number, overflowsBefore: number | undefined): string | undefined {
  const waiting = waitingToBeAccepted(address, port) ?? 0;
  const dropped = (listenOverflows() ?? 0) - (overflowsBefore ?? Number.POSITIVE_INFINITY);
  if (waiting === 0 || !(dropped > 0)) return undefined;
  const connections = waiting === 1 ? 'connection waits' : 'connections wait';
  return (
    'the accept queue of the listener, which is on this host, is full: ' +
    `${waiting} ${connections} to be accepted, and this host dropped ${dropped} more meanwhile`
  );
}
