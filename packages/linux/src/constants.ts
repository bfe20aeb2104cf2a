/** The numbers that the headers of Linux give to names: the same on x64 and arm64, with glibc and with musl. */

export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;

export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
/** Of <fcntl.h>: the same number. */
export const O_CLOEXEC = SOCK_CLOEXEC;
export const MSG_DONTWAIT = 0x40;
/** Waits for the first datagram alone, recvmmsg(2). */
export const MSG_WAITFORONE = 0x10000;

/** Of <fcntl.h>: the same number as SOCK_NONBLOCK. */
export const O_NONBLOCK = SOCK_NONBLOCK;
/** Of shutdown(2). */
export const SHUT_WR = 1;
/** Of <linux/sockios.h>. */
export const SIOCOUTQ = 0x5411n;
/** Of poll(2). */
export const POLLIN = 1;

/** Of <sys/epoll.h>. */
export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
/** Tells of each change once. */
export const EPOLLET = 1 << 31;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

export const EINTR = 4;
export const EAGAIN = 11;
export const EINVAL = 22;
export const ENETUNREACH = 101;
export const AF_INET = 2;
export const AF_INET6 = 10;
