import { quoted } from '@echo-daytime/runtime/shown-text';

/** Who answered: the fields that it told, such as `pod=echo-7d9f node=n1`, and the first of its names. */
export interface Responder {
  readonly fields: string;
  readonly name: string;
}

export type WhoReport = Responder | { readonly unknown: string };

const WHO = 'who ';

export const whoRequest = Buffer.from('who\n');

/** Reads the reply to the request `who`; or says why it does not tell who answered. */
export function readWhoLine(line: string): WhoReport {
  const responder = line.startsWith(WHO) ? readFields(line.slice(WHO.length)) : undefined;
  return (
    responder ?? { unknown: `the target answered ${quoted(line)}: it is no session that tells who answers` }
  );
}

/** Who has these fields; undefined where they are not such as our targets tell. */
export function readFields(fields: string): Responder | undefined {
  const [, name] = /^(?:pod|node|host)=([!-~]{1,253})(?: [a-z]+=[!-~]{1,253}){0,3}$/.exec(fields) ?? [];
  return name === undefined ? undefined : { fields, name };
}
