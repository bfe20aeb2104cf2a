import { describeKeys } from '@echo-daytime/runtime';
import type { Command } from 'commander';
import { defineCommand } from '../../cli/options.ts';
import { targetHelp } from '../../cli/target-operand.ts';
import { probeKeys } from '../../config.ts';
import { monitor } from '../../monitor/service.ts';

export function monitorCommand(env: NodeJS.ProcessEnv): Command {
  return defineCommand({
    name: 'monitor',
    description: 'probe the targets until stopped: metrics, status page and its JSON on ADMIN_PORT',
    usage: '[flags]',
    // The flags are the configuration's keys, which the runtime reads and checks as it does for every service.
    options: {},
    help,
    run: ({ args }) => monitor(args, env),
  });
}

const help = `
Every key is an environment variable or a flag; the flag wins.

${describeKeys(probeKeys)}

  --check-config  validate the configuration and exit
${targetHelp}

Example:
  load-probe monitor --targets 'echo+tcp://192.0.2.7:7?name=lb,daytime+udp://192.0.2.7:13' --interval 500ms`;
