export const AF_INET = 2;
export const AF_INET6 = 10;
/** struct sockaddr_in and sockaddr_in6; the family comes first, port and addresses are in network order. Bytes. */
export const NAME = {
  bytes: 28,
  ipv4Bytes: 16,
  portAt: 2,
  ipv4At: 4,
  ipv6At: 8,
  scopeAt: 24,
} as const;
