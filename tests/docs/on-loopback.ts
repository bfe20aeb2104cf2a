/** What a service listens on in the examples, by the well-known port that clients of it name. */
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 7: '7007', 13: '7013' };

/**
 * A command of a page for the fleet on this machine. Pages name documentation addresses (RFC 5737, RFC 3849,
 * RFC 2606) and well-known ports where a reader puts his own.
 */
export function onLoopback(command: string): string {
  return command
    .replace(/\b192\.0\.2\.\d+\b/g, '127.0.0.1')
    .replace(/\[2001:db8:[\da-f:]*\]/g, '[::1]')
    .replace(/\b[\w.-]+\.example\b/g, 'localhost')
    .replace(/(?<=:|-port )(?:7|13)(?![\d.])/g, (port) => DEFAULT_PORTS[port]!);
}
