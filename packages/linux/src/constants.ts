/** Constants of Linux's C headers: the same on x64 and arm64, with glibc and with musl. */

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_RCVBUF = 8;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
/** The option, and the type of the control message with the timestamps. */
export const SO_TIMESTAMPING = 37;
/** The same of an option that asks for the time of receiving alone. */
export const SO_TIMESTAMPNS = 35;
export const SO_MAX_PACING_RATE = 47;
export const IPPROTO_IP = 0;
export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_PKTINFO = 8;
export const IP_MTU_DISCOVER = 10;
export const IP_RECVERR = 11;
export const IP_RECVTTL = 12;
export const IP_RECVTOS = 13;
export const IP_MTU = 14;
/** Of IP_MTU_DISCOVER and IPV6_MTU_DISCOVER: don't fragment, and ignore the path MTU that the kernel remembers. */
export const PMTUDISC_PROBE = 3;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_MAXSEG = 2;
export const TCP_INFO = 11;
/** Of `tcpi_options` in <linux/tcp.h>: what both ends agreed on. */
export const TCPI_OPT_TIMESTAMPS = 1;
export const TCPI_OPT_WSCALE = 4;
export const TCPI_OPT_ECN = 8;
/** Of the same: the peer sent a packet that is marked as capable of ECN. */
export const TCPI_OPT_ECN_SEEN = 16;
/** Of a listening socket: its connections keep the SYN that they began with. */
export const TCP_SAVE_SYN = 27;
/** Of a connection: the bytes of that SYN, from the IP header on. */
export const TCP_SAVED_SYN = 28;
export const IPPROTO_IPV6 = 41;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_MTU = 24;
export const IPV6_RECVERR = 25;
export const IPV6_V6ONLY = 26;
/** The socket address of a packet has its flow information, with the traffic class. */
export const IPV6_FLOWINFO_SEND = 33;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVHOPLIMIT = 51;
export const IPV6_HOPLIMIT = 52;
export const IPV6_DONTFRAG = 62;
export const IPV6_RECVTCLASS = 66;
export const IPV6_TCLASS = 67;

/** Of <linux/net_tstamp.h>. */
export const SOF_TIMESTAMPING_TX_SOFTWARE = 1 << 1;
export const SOF_TIMESTAMPING_RX_SOFTWARE = 1 << 3;
export const SOF_TIMESTAMPING_SOFTWARE = 1 << 4;
/** The timestamp of a sent datagram contains its number, from 0 on. */
export const SOF_TIMESTAMPING_OPT_ID = 1 << 7;
/** The timestamp of a sent datagram comes without the datagram. */
export const SOF_TIMESTAMPING_OPT_TSONLY = 1 << 11;

/** Of <linux/errqueue.h>. */
export const SO_EE_ORIGIN_LOCAL = 1;
export const SO_EE_ORIGIN_ICMP = 2;
export const SO_EE_ORIGIN_ICMP6 = 3;
export const SO_EE_ORIGIN_TIMESTAMPING = 4;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
/** Of <fcntl.h>: the same number. */
export const O_CLOEXEC = SOCK_CLOEXEC;
export const MSG_DONTWAIT = 0x40;
/** Of recvmsg(2): reads the error queue. */
export const MSG_ERRQUEUE = 0x2000;
/** Of recvmmsg(2): waits for the first datagram only. */
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
/** Edge-triggered: reports each change once. */
export const EPOLLET = 1 << 31;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

export const EINTR = 4;
export const EAGAIN = 11;
export const EINVAL = 22;
export const ENETUNREACH = 101;
export const EINPROGRESS = 115;
export const AF_INET = 2;
export const AF_INET6 = 10;
