/** Where a connection or a datagram comes from. */
export interface Endpoint {
  /** Never IPv4-mapped IPv6. */
  readonly address: string;
  readonly port: number;
}

/** `192.0.2.1:7` or `[2001:db8::1]:7` */
export function endpointText({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
