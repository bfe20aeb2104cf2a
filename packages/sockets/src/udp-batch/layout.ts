/**
 * The structures of recvmmsg(2) and sendmmsg(2) as Linux has them on 64-bit little-endian machines, x64 and arm64,
 * with glibc and with musl. Whether that is so here is checked at start, against the kernel (self-check.ts). Bytes.
 */
export interface MessageLayout {
  /** struct mmsghdr */
  readonly headerBytes: number;
  readonly nameAt: number;
  readonly nameLengthAt: number;
  readonly vectorAt: number;
  readonly vectorCountAt: number;
  readonly controlAt: number;
  readonly controlLengthAt: number;
  /** What was received or sent. */
  readonly lengthAt: number;
}

export const linux64: MessageLayout = {
  headerBytes: 64,
  nameAt: 0,
  nameLengthAt: 8,
  vectorAt: 16,
  vectorCountAt: 24,
  controlAt: 32,
  controlLengthAt: 40,
  lengthAt: 56,
};

/** struct iovec: a pointer and a size. Bytes. */
export const VECTOR = { bytes: 16, baseAt: 0, lengthAt: 8 } as const;

/**
 * One control message, cmsg(3), with the address a datagram came to: struct cmsghdr, 16 bytes, and in it
 * struct in_pktinfo (interface, local address, destination) or in6_pktinfo (destination, interface). Bytes.
 */
export const CONTROL = {
  bytes: 40,
  levelAt: 8,
  typeAt: 12,
  ipv4InterfaceAt: 16,
  ipv6AddressAt: 16,
  ipv6InterfaceAt: 32,
} as const;

export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0o2000000;
/** Of <fcntl.h>: the same number. */
export const O_CLOEXEC = SOCK_CLOEXEC;
/** Waits for the first datagram alone, recvmmsg(2). */
export const MSG_WAITFORONE = 0x10000;
export const MSG_DONTWAIT = 0x40;

export const EINTR = 4;
export const EAGAIN = 11;
export const EINVAL = 22;
export const ENETUNREACH = 101;
