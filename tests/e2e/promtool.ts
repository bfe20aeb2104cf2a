import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { read } from '../repo/tracked-files.ts';
import { type Ran, root, runDocker } from './engine.ts';

/** The image that the compose file pins, so that the same version checks and runs the rules. */
export const image: string = parse(read('docker-compose.yml')).services.prometheus.image;
/** The folder of the configuration in the image. */
const INSIDE = '/etc/prometheus';

/**
 * Runs promtool in a folder; paths in the arguments are relative to it.
 *
 * @param folder absolute; by default `deploy/prometheus`
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

/** Parses expressions with promtool; the result has its errors. */
export async function parseExpressions(expressions: readonly string[]): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-expressions-'));
  try {
    const rules = expressions.map((expr, index) => ({ record: `expression_${index}`, expr }));
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'expressions', rules }] }));
    // The image runs as another user, who must be able to read it.
    chmodSync(folder, 0o755);
    return await promtool(['check', 'rules', 'rules.yml'], folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
