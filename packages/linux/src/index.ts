export {
  AF_INET,
  AF_INET6,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  MSG_DONTWAIT,
} from './constants.ts';
export { AsyncUdp } from './datagrams/async-udp.ts';
export type { AsyncUdpEvents } from './datagrams/async-udp-events.ts';
export { AsyncUdpPool } from './datagrams/async-udp-pool.ts';
export { AsyncUdpSocket } from './datagrams/async-udp-socket.ts';
export { BATCH_DATAGRAMS, DatagramBatch, type StoredDatagram } from './datagrams/datagram-batch.ts';
export type { IcmpReport } from './datagrams/error-report.ts';
export { linux64, type MessageLayout } from './datagrams/layout.ts';
export { openAsyncUdp } from './datagrams/open-async-udp.ts';
export type { ReceivedHeader } from './datagrams/received-header.ts';
export type { AsyncUdpOptions } from './datagrams/socket-options.ts';
export { UdpSocket } from './datagrams/udp-socket.ts';
export { EpollLoop } from './epoll/epoll-loop.ts';
export type { Watched } from './epoll/shared-queues.ts';
export { type Libc, loadLibc, openLibc } from './ffi.ts';
export { type Clock, NodeClock, RealTimeClock } from './real-time-clock.ts';
export { datagramMismatch } from './self-check.ts';
export { type Endpoint, SOCKADDR, SocketAddresses, sockaddrOf } from './sockaddr.ts';
export { type ConnectEnd, LimitedConnect, type LimitedConnectOptions } from './tcp/limited-connect.ts';
export { markingProblem, openMarkedTcp } from './tcp/open-marked-tcp.ts';
export { openTcpInfo } from './tcp/open-tcp-info.ts';
export { SavedSyns } from './tcp/saved-syn.ts';
export { openSentSyns, type SentSyn, SentSyns } from './tcp/sent-syn.ts';
export type { SynHeader } from './tcp/syn-header.ts';
export { type Ecn, TcpInfo } from './tcp/tcp-info.ts';
