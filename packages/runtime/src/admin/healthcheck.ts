/**
 * The container image's health check: requests `/readyz` of the service in the same container, prints the reason in one
 * line and exits with 0 (ready) or 1. It reads ADMIN_PORT and ADMIN_HOST as the service does, from the environment and
 * from the flags of process 1. It runs every few seconds, so it loads no more than it needs.
 */
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';

// As in listener.ts, without an import.
const { get } = process.getBuiltinModule('node:http');

/** Shorter than the image's own limit, so that the reason still gets printed. */
const TIMEOUT_MS = 2_000;
/** The body of the service is far shorter. A longer body, from another server, must not fill the container engine's log. */
const MAX_REASON_CHARACTERS = 300;

/** proc_pid_cmdline(5): words, each ended by a NUL. If process 1 is an init, its words include those of the service. */
function serviceFlags(): readonly string[] {
  try {
    return readFileSync('/proc/1/cmdline', 'utf8').split('\0');
  } catch {
    // Not Linux, or no /proc.
    return [];
  }
}

/** The last of several flags wins, as in the service. */
function flagValue(flag: string, words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
  return words[at] === flag ? words[at + 1] : words[at]?.slice(flag.length + 1);
}

/**
 * The URL of `/readyz`. A host with a zone is returned beside it, because a URL cannot hold a zone.
 *
 * @throws Error that says what ADMIN_PORT has to be
 */
function readyTarget(port = '', hosts = '::'): { readonly url: URL; readonly hostname?: string } {
  if (!/^[1-9]\d*$/.test(port)) {
    throw new Error(
      `ADMIN_PORT=${JSON.stringify(port)} names no port to check; set it to a fixed port from 1 to 65535`,
    );
  }
  const host = hosts.split(',', 1)[0]?.trim() ?? '';
  const [address = '', zone] = host.split('%');
  const url = new URL(`http://${isIPv6(address) ? `[${address}]` : address}:${port}/readyz`);
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  return zone === undefined ? { url } : { url, hostname: host };
}

function report(exitCode: 0 | 1, reason: string): void {
  console.log(reason.slice(0, MAX_REASON_CHARACTERS));
  process.exitCode = exitCode;
}

try {
  const { ADMIN_PORT, ADMIN_HOST } = process.env;
  const flags = serviceFlags();
  const { url, ...target } = readyTarget(
    flagValue('--admin-port', flags) ?? ADMIN_PORT,
    flagValue('--admin-host', flags) ?? ADMIN_HOST,
  );
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const failed = ({ message }: Error): void => {
    const reason = signal.aborted ? `no complete response within ${TIMEOUT_MS / 1000} s` : message;
    report(1, `no answer from ${url}: ${reason}`);
  };
  get(url, { ...target, signal, agent: false }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      body += text;
    });
    response.on('end', () => report(response.statusCode === 200 ? 0 : 1, `${response.statusCode} ${body}`));
    response.on('error', failed);
  }).on('error', failed);
} catch (error) {
  report(1, (error as Error).message);
}
