import { isIP } from 'node:net';
import { quoted } from '@echo-daytime/runtime/shown-text';

/** A SYN as the target received it. */
export interface ReceivedSyn {
  readonly mss: number | undefined;
  readonly windowScale: number | undefined;
  readonly sack: boolean;
  readonly timestamps: boolean;
  /** TTL, or the hop limit of IPv6. */
  readonly ttl: number;
  readonly dscp: number;
  /** Where it came from. */
  readonly peer: { readonly address: string; readonly port: number };
}

export const synRequest = Buffer.from('syn\n');

/** The maximum of each number, which is what its field in a header can have. */
const MAXIMA = { mss: 65_535, wscale: 255, ttl: 255, dscp: 63 } as const;

/** Reads the reply to the request `syn`; or says why it does not tell the SYN. */
export function readSynLine(line: string): ReceivedSyn | { readonly unknown: string } {
  if (/^syn unavailable$/.test(line)) return { unknown: 'the target says that it is unavailable' };
  const fields = new Map<string, string>();
  for (const field of line.split(' ').slice(1)) {
    const [name = '', text = ''] = field.split('=');
    fields.set(name, text);
  }
  const number = (name: keyof typeof MAXIMA): number => {
    const text = fields.get(name) ?? '';
    return /^\d{1,5}$/.test(text) && Number(text) <= MAXIMA[name] ? Number(text) : Number.NaN;
  };
  const optional = (name: 'mss' | 'wscale') => (fields.get(name) === 'none' ? undefined : number(name));
  const [mss, windowScale, ttl, dscp] = [optional('mss'), optional('wscale'), number('ttl'), number('dscp')];
  const flags = [fields.get('sack'), fields.get('timestamps')].map((flag) =>
    ['no', 'yes'].indexOf(flag ?? ''),
  );
  const peer = readPeer(fields.get('peer') ?? '');
  if (
    !line.startsWith('syn ') ||
    !peer ||
    flags.includes(-1) ||
    [mss, windowScale, ttl, dscp].some(Number.isNaN)
  ) {
    return { unknown: `the target answered ${quoted(line)}: it is no session with TCP_SAVE_SYN=on` };
  }
  const [sack, timestamps] = flags.map(Boolean) as [boolean, boolean];
  return { mss, windowScale, sack, timestamps, ttl, dscp, peer };
}

function readPeer(text: string): ReceivedSyn['peer'] | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  return isIP(address) === 0 ? undefined : { address, port: Number(port) };
}
