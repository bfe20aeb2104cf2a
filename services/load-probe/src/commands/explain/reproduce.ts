import { type Cause, causeSpec, type Experiment, likeliest, questions } from '@echo-daytime/diagnosis';
import { protocolOfScheme, schemes } from '../../targets/protocol.ts';
import type { TargetSpec } from '../../targets/target.ts';
import type { Done } from './run.ts';

/** By experiment, the command that shows the same by hand. What is not here is seen by `check`. */
const commands: Partial<Record<Experiment, (url: string, target: TargetSpec) => string>> = {
  lookup: (_, { host }) => `load-probe resolve ${host}`,
  addresses: (url) => `load-probe check --count 10 '${url}?discover=dns'`,
  flows: (url) => `load-probe check --count 100 --rate 25 --flow both '${url}'`,
  ports: (url) => `load-probe paths '${url}'`,
  refuser: (url) => `load-probe trace '${url}'`,
  idle: (url) => `load-probe idle --max 10s '${url}'`,
  dscp: (url) => `load-probe check --count 100 '${url}?dscp=ef&name=marked' '${url}?name=unmarked'`,
  syn: (url) => `load-probe check --count 10 '${url}?syn=on'`,
  rate: (url) => `load-probe check --count 500 --rate 500 --flow sticky '${url}'`,
  sizes: (url, { protocol }) =>
    protocol === 'echo-udp'
      ? `load-probe mtu '${url}'`
      : `load-probe check --size ${protocol === 'echo-tcp' ? '32KiB' : '1472'} '${url}'`,
  direction: (url) => `load-probe check --count 100 --rate 50 --flow sticky '${reflectorUrl(url)}'`,
};

/** The command that shows what is decisive for the cause. */
export function reproducing(cause: Cause | undefined, done: readonly Done[], target: TargetSpec): string {
  const { url } = target;
  const decisive = cause === undefined ? undefined : done.findLast((each) => isDecisive(each, cause));
  const command = decisive && commands[decisive.experiment];
  return command ? command(url, target) : `load-probe check --count 100 --rate 50 '${url}'`;
}

/** Whether it saw what the cause predicts and is not usual. */
function isDecisive({ observations }: Done, cause: Cause): boolean {
  return observations.some((observation) => {
    const outcome = likeliest(observation);
    const { [observation.question]: predicted = {} } = causeSpec(cause).predicts;
    const { usual } = questions[observation.question];
    return outcome in predicted && !(outcome in usual);
  });
}

function reflectorUrl(url: string): string {
  const [scheme = '', rest = ''] = url.split('://');
  if (protocolOfScheme(scheme) === 'stamp-udp') return url;
  return `${schemes.find((each) => each.startsWith('stamp'))}://${rest.replace(/:\d+$/, ':7862')}`;
}
