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
export { BATCH_DATAGRAMS, DatagramBatch, type KeptDatagram } from './datagrams/datagram-batch.ts';
export { linux64, type MessageLayout } from './datagrams/layout.ts';
export { UdpSocket } from './datagrams/udp-socket.ts';
export { EpollLoop } from './epoll/epoll-loop.ts';
export type { Watched } from './epoll/shared-queues.ts';
export { type Libc, loadLibc, openLibc } from './ffi.ts';
export { datagramMismatch } from './self-check.ts';
export { type Endpoint, SOCKADDR, SocketAddresses } from './sockaddr.ts';
