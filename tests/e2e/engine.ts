import { type ExecFileException, execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The working directory of `docker`: the folder of Dockerfile and docker-compose.yml. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Long enough for a build without a cache; a longer command hangs. */
const COMMAND_TIMEOUT_MS = 600_000;
const ANSWER_TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Why there is no container engine to test on, for `skipFor`; undefined when an engine answers. */
export const engineProblem = findProblem();

function findProblem(): string | undefined {
  for (const args of [
    ['info', '--format', '{{.ServerVersion}}'],
    ['compose', 'version'],
    ['buildx', 'version'],
  ]) {
    const { error, status, stderr } = spawnSync('docker', args, {
      encoding: 'utf8',
      timeout: ANSWER_TIMEOUT_MS,
    });
    if (status === 0) continue;
    const said = error?.message ?? stderr.trim().split('\n').at(-1);
    const seen = `docker ${args.join(' ')}: ${said || `exit code ${status}`}`;
    return `no container engine can be used (${seen}); on Debian .ci/machine/prepare.sh starts one`;
  }
  return undefined;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the docker client to its end, whatever its exit code. */
export function runDocker(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const options = {
    cwd: root,
    env: { ...process.env, ...env },
    timeout: COMMAND_TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  };
  execFile('docker', args, options, (error: ExecFileException | null, stdout, stderr) => {
    const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0;
    resolve({ code, stdout, stderr: code === -1 ? `${error?.message}\n${stderr}` : stderr });
  });
  return promise;
}

/** Runs the docker client, which has to succeed; returns its output. */
export async function docker(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await runDocker(args, env);
  if (code !== 0) {
    throw new Error(`docker ${args.join(' ')} ended with exit code ${code}\n${stdout}\n${stderr}`);
  }
  return stdout.trim();
}

/** The words of a docker listing, such as ids. */
export async function dockerList(args: readonly string[]): Promise<readonly string[]> {
  return (await docker(args)).split(/\s+/).filter((word) => word !== '');
}
