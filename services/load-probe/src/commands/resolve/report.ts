import { jsonDocument } from '../../cli/report.ts';
import { familyName } from '../../net/family.ts';
import type { ServiceEntry } from '../../targets/service-names.ts';
import type { FoundAddress, Resolution, ResolveOptions } from './run.ts';

/** The result as JSON. */
export function jsonReport(options: ResolveOptions, resolution: Resolution): string {
  return jsonDocument({
    ok: resolution.problems.length === 0,
    host: options.host === '' ? null : options.host,
    service: options.service ?? null,
    addresses: resolution.addresses,
    services: resolution.services,
    problems: resolution.problems,
  });
}

/** The result as text: a line for each address and each service. */
export function textReport(
  { host, service }: ResolveOptions,
  { addresses, services, without }: Resolution,
): string {
  const lines = addresses.map(addressLine);
  lines.push(...without.map((family) => `no ${familyName(family)} address`));
  lines.push(...services.map(serviceLine));
  if (services.length === 0 && service !== undefined && /^\d+$/.test(service)) {
    lines.push(`port ${service} has no name`);
  }
  const title = host === '' || lines.length === 0 ? [] : [host];
  return [...title, ...lines.map((line) => (title.length > 0 ? `  ${line}` : line))]
    .map((line) => `${line}\n`)
    .join('');
}

function addressLine({ address, family, name }: FoundAddress): string {
  const text = `IPv${family} ${address}`;
  if (name === undefined) return text;
  return name === null ? `${text} has no name` : `${text} is ${name}`;
}

function serviceLine({ aliases, name, port, protocol }: ServiceEntry): string {
  const also = aliases.length > 0 ? ` (also ${aliases.join(', ')})` : '';
  return `${port}/${protocol} ${name}${also}`;
}
