import { domainToASCII } from 'node:url';
import { readAddress } from '@echo-daytime/addresses';

const MAX_HOST_CHARACTERS = 253;
/** Host names that resolvers accept: more than RFC 1123 allows, because names of services have underscores. */
const HOST_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$/;
const NOT_ASCII = /\P{ASCII}/u;

/** How a host is written; IPv6 goes in brackets where a port may follow. */
export type HostForm = 'plain' | 'bracketed';

/**
 * Reads a host. In an IPv6 address the `%25` before a zone becomes `%` (RFC 6874).
 *
 * @throws Error whose message completes the sentence "HOST …"
 */
export function readHost(text: string, form: HostForm): string {
  const host = text.replace(/%25(?=.)/, '%');
  const address = readAddress(host);
  if (form === 'bracketed' ? host.includes(':') && address : address && !host.includes(':')) return host;
  if (NOT_ASCII.test(text)) throw new Error(asciiProblem(text));
  // A name all of digits and dots is a mistyped address.
  const isName = HOST_NAME.test(text) && !/^[\d.]+$/.test(text) && text.length <= MAX_HOST_CHARACTERS;
  if (form === 'plain' && isName) return text;
  throw new Error('is neither a host name nor an address (IPv6 goes in brackets)');
}

/** Resolvers treat names in Unicode differently (RFC 5891), so the user must write the name that is looked up. */
function asciiProblem(text: string): string {
  const ascii = domainToASCII(text);
  return ascii === ''
    ? 'is not in ASCII, and no name of DNS in its xn-- form either'
    : `is not in ASCII; DNS knows it as ${ascii}, so write that`;
}
