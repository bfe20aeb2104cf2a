import { quoted } from '@echo-daytime/runtime/shown-text';

/** Who answered: the fields that it told, such as `pod=echo-7d9f node=n1`, and the first of its names. */
export interface Responder {
  readonly fields: string;
  readonly name: string;
}

export type WhoReport = Responder | { readonly unknown: string };

export const whoRequest = Buffer.from('who\n');

/** Reads the reply to the request `who`; or says why it does not tell who answered. */
export function readWhoLine(line: string): WhoReport {
  const [, fields, name] =
    /^who ((?:pod|node|host)=([!-~]{1,253})(?: [a-z]+=[!-~]{1,253}){0,3})$/.exec(line) ?? [];
  if (fields !== undefined && name !== undefined) return { fields, name };
  return { unknown: `the target answered ${quoted(line)}: it is no session that tells who answers` };
}
