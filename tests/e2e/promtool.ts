import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { read } from '../repo/tracked-files.ts';
import { type Ran, root, runDocker } from './engine.ts';

/** The image that the compose file pins: what checks the rules is then what runs them. */
const image: string = parse(read('docker-compose.yml')).services.prometheus.image;
/** Where the image has its configuration. */
const INSIDE = '/etc/prometheus';

/**
 * Runs promtool over a folder, paths in the arguments being relative to it.
 *
 * @param folder absolute; `deploy/prometheus` unless told otherwise
 */
export function promtool(args: readonly string[], folder = join(root, 'deploy/prometheus')): Promise<Ran> {
  const box = [
    'run',
    '--rm',
    '--network',
    'none',
    '--read-only',
    '--tmpfs',
    '/tmp',
    '--volume',
    `${folder}:${INSIDE}:ro`,
  ];
  return runDocker([...box, '--workdir', INSIDE, '--entrypoint', 'promtool', image, ...args]);
}

/** Has a real Prometheus parse expressions; what promtool says of those that it can't. */
export async function parseExpressions(expressions: readonly string[]): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-expressions-'));
  try {
    const rules = expressions.map((expr, index) => ({ record: `expression_${index}`, expr }));
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'expressions', rules }] }));
    // The image's user is another one.
    chmodSync(folder, 0o755);
    return await promtool(['check', 'rules', 'rules.yml'], folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
