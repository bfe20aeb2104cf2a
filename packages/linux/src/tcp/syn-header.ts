/** What a SYN tells: of its IP header (RFC 791, RFC 8200) and the options of its TCP header (RFC 9293, section 3.1). */
export interface SynHeader {
  /** TTL, or the hop limit of IPv6. */
  readonly ttl: number;
  readonly dscp: number;
  readonly mss: number | undefined;
  /** The shift count of the window, RFC 7323. */
  readonly windowScale: number | undefined;
  /** Whether selective acknowledgements are permitted, RFC 2018. */
  readonly sack: boolean;
  /** RFC 7323. */
  readonly timestamps: boolean;
}

type IpHeader = Pick<SynHeader, 'ttl' | 'dscp'> & { readonly tcpAt: number };
type TcpOptions = Omit<SynHeader, 'ttl' | 'dscp'>;

const PROTOCOL_TCP = 6;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const TCP_BYTES = 20;
const WORD_BYTES = 4;
/** Extension headers of IPv6 that can come before TCP, with the unit of their length and what is added to it, bytes. */
const EXTENSIONS: Readonly<Record<number, { readonly unit: number; readonly added: number }>> = {
  /** Hop-by-hop options, routing, destination options. */
  0: { unit: 8, added: 8 },
  43: { unit: 8, added: 8 },
  60: { unit: 8, added: 8 },
  /** Authentication (RFC 4302). */
  51: { unit: 4, added: 8 },
};
const FLAGS_AT = 13;
const FLAG_SYN = 0x02;

/** Kinds of TCP options. */
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const TIMESTAMPS = 8;
/** By kind: the length that the option must have, bytes. */
const OPTION_BYTES: Readonly<Record<number, number>> = {
  [MSS]: 4,
  [WINDOW_SCALE]: 3,
  [SACK_PERMITTED]: 2,
  [TIMESTAMPS]: 10,
};

/** @param bytes from the IP header on; undefined where they are no SYN with well-formed options */
export function readSynHeader(bytes: Uint8Array): SynHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = readIpHeader(view);
  if (!ip) return undefined;
  const { tcpAt, ...header } = ip;
  const options = readTcpOptions(view, tcpAt);
  return options && { ...header, ...options };
}

function readIpHeader(view: DataView): IpHeader | undefined {
  if (view.byteLength < IPV4_BYTES) return undefined;
  const version = view.getUint8(0) >> 4;
  if (version === 6) return readIpv6Header(view);
  const headerBytes = (view.getUint8(0) & 0x0f) * WORD_BYTES;
  if (version !== 4 || headerBytes < IPV4_BYTES || view.getUint8(9) !== PROTOCOL_TCP) return undefined;
  return { ttl: view.getUint8(8), dscp: view.getUint8(1) >> 2, tcpAt: headerBytes };
}

function readIpv6Header(view: DataView): IpHeader | undefined {
  let tcpAt = IPV6_BYTES;
  let next = view.byteLength >= IPV6_BYTES ? view.getUint8(6) : undefined;
  while (next !== PROTOCOL_TCP) {
    const extension = EXTENSIONS[next ?? -1];
    if (!extension || tcpAt + 2 > view.byteLength) return undefined;
    next = view.getUint8(tcpAt);
    tcpAt += view.getUint8(tcpAt + 1) * extension.unit + extension.added;
  }
  // The traffic class lies between the version and the flow label.
  return { ttl: view.getUint8(7), dscp: (view.getUint16(0) >> 6) & 0x3f, tcpAt };
}

function readTcpOptions(view: DataView, tcpAt: number): TcpOptions | undefined {
  if (tcpAt + TCP_BYTES > view.byteLength || !(view.getUint8(tcpAt + FLAGS_AT) & FLAG_SYN)) return undefined;
  const headerBytes = (view.getUint8(tcpAt + 12) >> 4) * WORD_BYTES;
  const end = tcpAt + headerBytes;
  if (headerBytes < TCP_BYTES || end > view.byteLength) return undefined;
  const found = new Map<number, number>();
  for (let at = tcpAt + TCP_BYTES; at < end; ) {
    const kind = view.getUint8(at);
    if (kind === END_OF_OPTIONS) break;
    if (kind === NO_OPERATION) {
      at += 1;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end || length !== (OPTION_BYTES[kind] ?? length)) return undefined;
    found.set(kind, at + 2);
    at += length;
  }
  const [mssAt, scaleAt] = [found.get(MSS), found.get(WINDOW_SCALE)];
  return {
    mss: mssAt === undefined ? undefined : view.getUint16(mssAt),
    windowScale: scaleAt === undefined ? undefined : view.getUint8(scaleAt),
    sack: found.has(SACK_PERMITTED),
    timestamps: found.has(TIMESTAMPS),
  };
}
