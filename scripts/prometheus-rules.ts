/**
 * `node scripts/prometheus-rules.ts`: makes PrometheusRule objects for Kubernetes from the rule files of Prometheus.
 * The result is committed, because kustomize can't wrap a file; a test compares both.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From the root of the repository. */
export const RULES = 'deploy/prometheus/rules';
export const OBJECTS = 'deploy/kubernetes/components/prometheus-operator/rules';

const RULE_FILE = /\.ya?ml$/;

/**
 * One PrometheusRule for each rule file, and the kustomization that names them.
 *
 * @param ruleFiles text of rule files by name, such as `alerts.yml`
 * @returns text by name of file
 */
export function prometheusRules(ruleFiles: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const objects = [...ruleFiles]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, text]) => [`${stemOf(name)}.yaml`, prometheusRule(name, text)] as const);
  const names = objects.map(([name]) => `  - ${name}\n`).join('');
  return new Map([
    ['kustomization.yaml', `${kustomization}resources:${names === '' ? ' []\n' : `\n${names}`}`],
    ...objects,
  ]);
}

/** Text by name of the files in a folder; empty when there is no folder. */
export function filesIn(folder: string): ReadonlyMap<string, string> {
  try {
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

/** The rule files that are in a folder, such as RULES. */
export function ruleFilesIn(folder: string): ReadonlyMap<string, string> {
  return new Map([...filesIn(folder)].filter(([name]) => RULE_FILE.test(name)));
}

const ORIGIN = `# Made by \`node scripts/prometheus-rules.ts\` from ${RULES}`;

const kustomization = `${ORIGIN}.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
`;

/** A rule file is the `spec` of its object, indented by two columns. */
function prometheusRule(name: string, text: string): string {
  const spec = text.trimEnd().replace(/^(?=.*\S)/gm, '  ');
  return `${ORIGIN}/${name}.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: echo-daytime-${stemOf(name)}
spec:
${spec}
`;
}

function stemOf(name: string): string {
  return name.replace(RULE_FILE, '');
}

function write(folder: string, files: ReadonlyMap<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  write(join(root, OBJECTS), prometheusRules(ruleFilesIn(join(root, RULES))));
}
