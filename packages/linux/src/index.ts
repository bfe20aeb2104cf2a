export {
  AF_INET,
  AF_INET6,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  MSG_DONTWAIT,
  MSG_WAITFORONE,
} from './constants.ts';
export { DatagramBatch, type KeptDatagram } from './datagrams/datagram-batch.ts';
export { linux64, type MessageLayout } from './datagrams/layout.ts';
export { BLOCKING_MS, UdpSocket } from './datagrams/udp-socket.ts';
export type { Watched } from './epoll/accept-queues.ts';
export { EpollLoop } from './epoll/epoll-loop.ts';
export { type Libc, loadLibc, openLibc } from './ffi.ts';
export { datagramMismatch } from './self-check.ts';
export { type Endpoint, SOCKADDR, SocketAddresses } from './sockaddr.ts';
export { SocketPoll } from './socket-poll.ts';
