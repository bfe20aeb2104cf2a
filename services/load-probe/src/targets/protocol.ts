/** The protocols of targets, as in the `protocol` label; the scheme of a URL has a `+` in place of the hyphen. */
export const protocols = [
  'echo-tcp',
  'echo-udp',
  'daytime-tcp',
  'daytime-udp',
  'stamp-udp',
  'session-tcp',
  'dialog-tcp',
  /** Connects and closes; no data is sent. */
  'tcp',
] as const;

export type Protocol = (typeof protocols)[number];

export const schemes: readonly string[] = protocols.map((protocol) => protocol.replace('-', '+'));

export function protocolOfScheme(scheme: string): Protocol | undefined {
  return protocols.find((_, index) => schemes[index] === scheme);
}

export function isEcho(protocol: Protocol): boolean {
  return protocol === 'echo-tcp' || protocol === 'echo-udp';
}

/** Whether the messages of a sample can be as long as is asked for. */
export function isSized(protocol: Protocol): boolean {
  return isEcho(protocol) || protocol === 'stamp-udp';
}

export function isUdp(protocol: Protocol): boolean {
  return protocol === 'echo-udp' || protocol === 'daytime-udp' || protocol === 'stamp-udp';
}

/** Protocols with more than one exchange in a flow. RFC 867 closes a connection after its line. */
const multiExchange = [
  'echo-tcp',
  'echo-udp',
  'daytime-udp',
  'stamp-udp',
  'session-tcp',
  'dialog-tcp',
] as const;

export type MultiExchangeProtocol = (typeof multiExchange)[number];

export function isMultiExchange(protocol: Protocol): protocol is MultiExchangeProtocol {
  return (multiExchange as readonly Protocol[]).includes(protocol);
}
