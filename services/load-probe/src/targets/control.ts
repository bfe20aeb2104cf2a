/** How many names a problem lists. */
const MAX_NAMES = 10;

/** What of a series decides whether another one can be its control. */
interface Series {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly intervalMs: number;
  readonly discover?: 'dns';
  readonly expect?: 'blocked';
  readonly control?: string;
  readonly slo?: unknown;
}

type Found<S> = { readonly control: S } | { readonly problem: string };

/** The series, with its control for each of those that must be blocked. */
export function withControls<S extends Series>(
  series: readonly S[],
): (S & { readonly provenBy?: Omit<S, 'slo'> })[] {
  return series.map((target) => {
    const found = target.expect === 'blocked' ? findControl(target, series) : undefined;
    if (found === undefined || 'problem' in found) return target;
    const { slo: _, ...provenBy } = found.control;
    return { ...target, provenBy };
  });
}

/** Why a series that must be blocked can have no control, one sentence for each target. */
export function controlConflict(target: Series, all: readonly Series[]): string[] {
  // Both flows of a target have the same control.
  if (target.expect !== 'blocked' || target.id !== target.name) return [];
  const found = findControl(target, all);
  return 'problem' in found ? [found.problem] : [];
}

function findControl<S extends Series>(target: Series, all: readonly S[]): Found<S> {
  const { control: name, discover, host, intervalMs } = target;
  // The first series of a target, the fresh one where it has two.
  const firsts = all.filter((other) => other.id === other.name);
  const passing = firsts.filter(({ expect }) => expect === undefined);
  if (name !== undefined) {
    const named = firsts.find((other) => other.name === name);
    if (!named) {
      const names = passing.slice(0, MAX_NAMES).map((other) => JSON.stringify(other.name));
      const instead = names.length > 0 ? `those that must pass are ${names.join(', ')}` : 'none must pass';
      return { problem: `control=${name} is the name of no target; ${instead}` };
    }
    if (named.expect) {
      return { problem: `control=${name} must be blocked itself; a control is a target that must pass` };
    }
    return suited(named, target);
  }
  const near = passing.filter((other) => other.host === host && other.discover === discover);
  const [first] = near;
  if (!first) {
    return {
      problem:
        'expect=blocked needs a control, a target that must pass on the same host, or a target that is switched off would ' +
        `count as blocked: add one, such as echo+tcp://${host.includes(':') ? `[${host}]` : host}:7, or name one with control=NAME`,
    };
  }
  return suited(near.find((other) => other.intervalMs <= intervalMs) ?? first, target);
}

function suited<S extends Series>(control: S, target: Series): Found<S> {
  if (control.discover !== target.discover) {
    const problem = `its control ${JSON.stringify(control.name)} must have discover=${target.discover ?? 'off'} too, so that each address has its own`;
    return { problem };
  }
  if (control.intervalMs > target.intervalMs) {
    const problem =
      `its control ${JSON.stringify(control.name)} has an interval of ${control.intervalMs} ms, longer than that of ` +
      `${target.intervalMs} ms of this target: between two of its samples nothing would be proved; use the same`;
    return { problem };
  }
  return { control };
}
