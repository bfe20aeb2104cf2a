import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Stack frames. In JSON their line ends are escaped. */
const FRAMES = [
  /\bat \S[^\n]*[a-z_>\])]:\d+:\d+/gi,
  /(?:\n|\\n)\s+at \S+/g,
  /\b[A-Z]\w*Error: /g,
  /\bCannot read propert\w+|\bis not a function\b|\bUnexpected (?:token|end of JSON)\b/g,
];

/** Software that the service is built with. */
const PACKAGES = [
  /\bnode:\w+/g,
  /\bnode_modules\b/g,
  /\bfastify\b|\bFST_\w+/gi,
  /\bprom-client\b|\bpino\b/gi,
  /\b(?:ERR|HPE)_\w+/g,
];

/** Versions; four numbers with points between them are an address, not a version. */
const VERSIONS = [
  /(?<![\d.])v?\d+\.\d+\.\d+(?:-[\w.]+)?(?!\d|\.\d)/g,
  /\bv\d+\.\d+(?![\w.])/g,
  /\b(?:node(?:\.?js)?|v8|openssl|libuv|undici|llhttp|zlib|icu|c-ares|nghttp2)[ /@]v?\d+(?:\.\d+)*(?!\d|\.\d)/gi,
  // A product with its version, as in HTTP headers (RFC 9110, 10.1.5); HTTP/1.1 itself is none.
  /\b(?!HTTP\/)[A-Za-z][\w-]*\/v?\d+\.\d[\w.]*/g,
];

/** Paths: the top folders of Linux, and the usual folders of a program. */
const PATHS = [
  /(?<![\w.:/])\/(?:app|bin|boot|build|dev|etc|home|lib|lib64|mnt|nix|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|Users)(?:\/[\w.@+-]+)+/g,
  /(?:\/[\w.@+-]+)*\/(?:src|dist|packages|services)\/[\w.@+-]+/g,
  /\bfile:\/\/\S*/g,
  /[\w/.-]+\.[cm]?[jt]s\b(?::\d+)?/g,
];

/** System errors about files, and contents of files. */
const FILES = [
  /\b(?:ENOENT|EACCES|EPERM|EISDIR|ENOTDIR|EMFILE|ENFILE|ELOOP|EROFS|ENAMETOOLONG)\b/g,
  /\bno such file or directory\b/gi,
  // passwd(5) and shadow(5).
  /\b[a-z_][\w-]*:(?:[x*!]|\$\w+\$[^:\s]*):\d+:\d*/g,
];

const TELLTALES = [...FRAMES, ...PACKAGES, ...VERSIONS, ...PATHS, ...FILES];

/** The internals that a response discloses: how a service is built, and where its files are. */
export function leaks(answer: string): string[] {
  return [
    ...TELLTALES.flatMap((pattern) => answer.match(pattern) ?? []),
    ...(answer.includes(root) ? [root] : []),
  ];
}
