import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Where in its code it was. A stack within JSON has its line ends escaped. */
const FRAMES = [
  /\bat \S[^\n]*[a-z_>\])]:\d+:\d+/gi,
  /(?:\n|\\n)\s+at \S+/g,
  /\b[A-Z]\w*Error: /g,
  /\bCannot read propert\w+|\bis not a function\b|\bUnexpected (?:token|end of JSON)\b/g,
];

/** What it is built on. */
const PACKAGES = [
  /\bnode:\w+/g,
  /\bnode_modules\b/g,
  /\bfastify\b|\bFST_\w+/gi,
  /\bprom-client\b|\bpino\b/gi,
  /\b(?:ERR|HPE)_\w+/g,
];

/** Of four numbers with points between them an address is made, not a version. */
const VERSIONS = [
  /(?<![\d.])v?\d+\.\d+\.\d+(?:-[\w.]+)?(?!\d|\.\d)/g,
  /\bv\d+\.\d+(?![\w.])/g,
  /\b(?:node(?:\.?js)?|v8|openssl|libuv|undici|llhttp|zlib|icu|c-ares|nghttp2)[ /@]v?\d+(?:\.\d+)*(?!\d|\.\d)/gi,
  // As HTTP has products name themselves (RFC 9110, 10.1.5); HTTP/1.1 itself is none.
  /\b(?!HTTP\/)[A-Za-z][\w-]*\/v?\d+\.\d[\w.]*/g,
];

/** Where it lies: the folders that a Linux has at its top, and those that a program is made of. */
const PATHS = [
  /(?<![\w.:/])\/(?:app|bin|boot|build|dev|etc|home|lib|lib64|mnt|nix|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|Users)(?:\/[\w.@+-]+)+/g,
  /(?:\/[\w.@+-]+)*\/(?:src|dist|packages|services)\/[\w.@+-]+/g,
  /\bfile:\/\/\S*/g,
  /[\w/.-]+\.[cm]?[jt]s\b(?::\d+)?/g,
];

/** What the system said of a file, and what stands in one. */
const FILES = [
  /\b(?:ENOENT|EACCES|EPERM|EISDIR|ENOTDIR|EMFILE|ENFILE|ELOOP|EROFS|ENAMETOOLONG)\b/g,
  /\bno such file or directory\b/gi,
  // passwd(5) and shadow(5).
  /\b[a-z_][\w-]*:(?:[x*!]|\$\w+\$[^:\s]*):\d+:\d*/g,
];

const TELLTALES = [...FRAMES, ...PACKAGES, ...VERSIONS, ...PATHS, ...FILES];

/** What an answer tells a stranger that is none of their business: how a service is made, and where. */
export function leaks(answer: string): string[] {
  return [
    ...TELLTALES.flatMap((pattern) => answer.match(pattern) ?? []),
    ...(answer.includes(root) ? [root] : []),
  ];
}
