/**
 * The container image's health check: asks `/readyz` of the service in the same container, says why in one line
 * and exits with 0 (ready) or 1. It reads ADMIN_PORT and ADMIN_HOST as the service does; the flags of the service are
 * those of process 1. It runs every few seconds beside the service, so it loads no more than it needs.
 */
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';

// As in listener.ts, without an import.
const { get } = process.getBuiltinModule('node:http');

/** Shorter than the image's own limit, so that the reason still gets printed. */
const TIMEOUT_MS = 2_000;
/** The service's own body is far shorter; another server's must not fill the container engine's records. */
const MAX_REASON_CHARACTERS = 300;

/** proc_pid_cmdline(5): words, each with a NUL behind it. An init process in front of the service has the same ones. */
function serviceFlags(): readonly string[] {
  try {
    return readFileSync('/proc/1/cmdline', 'utf8').split('\0');
  } catch {
    // Not Linux, or /proc is not to be seen.
    return [];
  }
}

/** The last of several flags wins, as in the service. */
function flagValue(flag: string, words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
  return words[at] === flag ? words[at + 1] : words[at]?.slice(flag.length + 1);
}

/**
 * The URL of `/readyz`, and the host beside it where that has a zone, which no URL can hold.
 *
 * @throws Error that says what ADMIN_PORT has to be
 */
function readyPlace(port = '', hosts = '::'): { readonly url: URL; readonly hostname?: string } {
  if (!/^[1-9]\d*$/.test(port)) {
    throw new Error(
      `ADMIN_PORT=${JSON.stringify(port)} does not say where to ask; set it to a fixed port from 1 to 65535`,
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
  const { url, ...place } = readyPlace(
    flagValue('--admin-port', flags) ?? ADMIN_PORT,
    flagValue('--admin-host', flags) ?? ADMIN_HOST,
  );
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const failed = ({ message }: Error): void => {
    const reason = signal.aborted ? `nothing complete within ${TIMEOUT_MS / 1000} s` : message;
    report(1, `no answer from ${url}: ${reason}`);
  };
  get(url, { ...place, signal, agent: false }, (response) => {
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
