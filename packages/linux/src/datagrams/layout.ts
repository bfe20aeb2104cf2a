/**
 * The structures of recvmmsg(2) and sendmmsg(2) on Linux, x64 and arm64, with glibc and with musl. self-check.ts
 * compares them with the kernel at start. Bytes.
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
  /** Length of the datagram received or sent. */
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
 * One control message, cmsg(3), with the destination address of a datagram: struct cmsghdr, 16 bytes, then
 * struct in_pktinfo (interface, local address, destination) or in6_pktinfo (destination, interface). Bytes.
 */
export const CONTROL = {
  bytes: 40,
  /** Of the shorter one, for IPv4. */
  leastBytes: 32,
  levelAt: 8,
  typeAt: 12,
  ipv4InterfaceAt: 16,
  ipv4AddressAt: 24,
  ipv6AddressAt: 16,
  ipv6InterfaceAt: 32,
} as const;

/** struct cmsghdr, cmsg(3): length, level, type; the next begins at a multiple of `alignment`. Bytes. */
export const CONTROL_HEADER = { bytes: 16, levelAt: 8, typeAt: 12, alignment: 8 } as const;

/** struct sock_extended_err of <linux/errqueue.h>, followed by the socket address of the reporting router. Bytes. */
export interface ErrorLayout {
  readonly bytes: number;
  readonly errnoAt: number;
  readonly originAt: number;
  readonly typeAt: number;
  readonly codeAt: number;
  readonly infoAt: number;
  readonly dataAt: number;
}

export const linux64Errors: ErrorLayout = {
  bytes: 16,
  errnoAt: 0,
  originAt: 4,
  typeAt: 5,
  codeAt: 6,
  infoAt: 8,
  dataAt: 12,
};
