import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** What tells a stranger how a service is made: where it lies, what it is built on, where in its code it was. */
const TELLTALES = [
  /\bat \S[^\n]*:\d+:\d+/g,
  /\bnode:\w+/g,
  /\bnode_modules\b/g,
  /\bfastify\b|\bFST_\w+/gi,
  /\bprom-client\b|\bpino\b/gi,
  /[\w/.-]+\.[cm]?[jt]s\b(?::\d+)?/g,
  /\b(?:ERR|HPE)_\w+/g,
];

/** What an answer to a bad request tells that is none of a stranger's business. */
export function leaks(answer: string): string[] {
  return [
    ...TELLTALES.flatMap((pattern) => answer.match(pattern) ?? []),
    ...(answer.includes(root) ? [root] : []),
  ];
}
