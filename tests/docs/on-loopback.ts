import { type FleetPorts, fleetPorts, type Variable } from '../../scripts/fleet-ports.ts';

/** The variable of each port that pages use: the well-known ports of client examples, and the defaults. */
const variables = new Map<string, Variable>([
  ['7', 'ECHO_PORT'],
  ['13', 'DAYTIME_PORT'],
  ['862', 'ECHO_STAMP_PORT'],
  ...Object.entries(fleetPorts).map(([variable, { port }]) => [`${port}`, variable as Variable] as const),
]);

/**
 * Changes a command of a page for a fleet on this machine. Pages use documentation addresses (RFC 5737, RFC 3849,
 * RFC 2606) and well-known ports in place of the reader's own.
 */
export function onLoopback(command: string, at: FleetPorts): string {
  return command
    .replace(/\b192\.0\.2\.\d+\b/g, '127.0.0.1')
    .replace(/\[2001:db8:[\da-f:]*\]/g, '[::1]')
    .replace(/\b[\w.-]+\.example\b/g, 'localhost')
    .replace(/(?<=(?:localhost|127\.0\.0\.1|\[::1\])[: ]|-port )\d+/g, (port) => {
      const variable = variables.get(port);
      return variable === undefined ? port : `${at[variable]}`;
    });
}
