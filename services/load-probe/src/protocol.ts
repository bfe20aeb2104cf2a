/** What the probe speaks, as in the `protocol` label; a target's scheme has a `+` for the hyphen. */
export const protocols = ['echo-tcp', 'echo-udp', 'daytime-tcp', 'daytime-udp'] as const;

export type Protocol = (typeof protocols)[number];

export const schemes: readonly string[] = protocols.map((protocol) => protocol.replace('-', '+'));

export function protocolOfScheme(scheme: string): Protocol | undefined {
  return protocols.find((_, index) => schemes[index] === scheme);
}

export function isEcho(protocol: Protocol): boolean {
  return protocol === 'echo-tcp' || protocol === 'echo-udp';
}

export function isUdp(protocol: Protocol): boolean {
  return protocol === 'echo-udp' || protocol === 'daytime-udp';
}
