import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { Interruption } from '../../cli/interruption.ts';
import { JunitFile } from '../../cli/junit.ts';
import { defineCommand } from '../../cli/options.ts';
import { openUdpEngine } from '../../net/udp-engine.ts';
import { systemClock } from '../../sampling/clock.ts';
import { isUdp } from '../../targets/protocol.ts';
import { judgeBadPorts } from './bad-ports-gate.ts';
import { pathsOptions, readPathsOptions } from './options.ts';
import { hasHeld, jsonReport, junitReport, loadLine, textReport } from './report.ts';
import { findPaths } from './run.ts';

export function pathsCommand(): Command {
  return defineCommand({
    name: 'paths',
    description: 'find out whether one of several parallel paths loses packets, and for which source ports',
    usage: '[options] URL',
    options: pathsOptions,
    help,
    async run(line) {
      const options = readPathsOptions(line);
      const { json, junit: path } = line.values;
      const junit = path === undefined ? undefined : new JunitFile(path);
      if (!json) process.stderr.write(loadLine(options));
      using interruption = new Interruption();
      const { maxBadPorts, target } = options;
      const udp = await openUdpEngine(isUdp(target.protocol) ? 'auto' : 'dgram');
      const limits = { clock: systemClock, signal: interruption.signal, udp };
      const result = await findPaths(options, limits);
      const found = 'problem' in result ? undefined : result;
      const gates = maxBadPorts === undefined ? [] : [judgeBadPorts(maxBadPorts, target.url, found)];
      process.stdout.write((json ? jsonReport : textReport)(options, result, gates));
      if (!hasHeld(result, gates)) process.exitCode = exitCode.failed;
      junit?.write(junitReport(options, result, gates));
    },
  });
}

const help = `
The URL's scheme is echo+udp, stamp+udp or any over TCP, where a sample is a handshake that is ended by RST.
Routers choose one of several parallel paths by addresses, protocol and ports. Samples from many source ports use all of
them, and a dead one loses all samples of its ports. The test for a difference is exact, so that chance names no port. It
ends when each port is known to be good or bad, at the latest after --count samples of each. Where ports are bad, the
hops of a bad and a good one are walked to where they part, which takes Linux and node:ffi, as in the image.

Exit code: 0 the target answered and --max-bad-ports held, 1 it did not, 2 the command line is wrong.

Examples:
  load-probe paths echo+udp://192.0.2.7:7
  load-probe paths --max-bad-ports 0 --first-port 21000 --junit paths.xml 'stamp+udp://[2001:db8::7]:862'
  load-probe paths --json --ports 256 --first-port 22000 tcp://192.0.2.7:7`;
