import { docker, engineProblem } from '../../tests/e2e/engine.ts';
import { buildImages, imageName, label, projectName, removeProject } from '../../tests/e2e/images.ts';
import { eventually } from '../../tests/harness/eventually.ts';
import { parseMetrics } from '../../tests/harness/metrics.ts';
import { Promises } from '../promises.ts';
import type { Scenario } from '../scenario.ts';
import { Witness } from './witness.ts';

const RECOVERY_MS = 30_000;

/** Why no container can be run here, or undefined. */
export function containerProblem(): string | undefined {
  return engineProblem;
}

/** As docker-compose.yml has it: killed from outside, it is the engine that starts it again. */
const killed: Scenario = {
  name: 'process killed, container restarts',
  area: 'faults',
  // 5 where tests/e2e, which builds the same images, has left its cache; else it is the images that take that long.
  seconds: { brief: 60, full: 60 },
  async run() {
    const promises = new Promises();
    const project = projectName('torture');
    await removeProject(project);
    await buildImages(project);
    try {
      const name = `${project}-echo`;
      const hardened = [
        '--restart',
        'unless-stopped',
        '--read-only',
        '--cap-drop',
        'ALL',
        '--memory',
        '256m',
      ];
      const ports = ['--publish', '127.0.0.1::7007/tcp', '--publish', '127.0.0.1::9007/tcp'];
      const image = imageName('echo', project);
      await docker([
        'run',
        '--detach',
        '--name',
        name,
        '--label',
        label(project),
        ...hardened,
        ...ports,
        image,
      ]);
      const published = async (port: number): Promise<number> =>
        Number((await docker(['port', name, `${port}/tcp`])).split(':').at(-1));
      // Each on a connection of its own: one that is kept would be that of the process that was killed.
      const admin = async (path: string): Promise<string> => {
        const url = `http://127.0.0.1:${await published(9_007)}${path}`;
        const answer = await fetch(url, { headers: { connection: 'close' } });
        if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
        return answer.text();
      };
      await eventually(() => admin('/readyz'), RECOVERY_MS);
      let port = await published(7_007);
      await using witness = new Witness(() => port);
      await eventually(() => {
        if (witness.answered < 3) throw new Error('the container does not answer');
      }, RECOVERY_MS);
      const pid = await pidOf(name);
      const answeredBefore = witness.answered;
      await killOnHost(pid, image, project);
      await eventually(async () => {
        // A free port that the engine picked may be another one now.
        port = await published(7_007);
        if ((await pidOf(name)) === pid || witness.answered < answeredBefore + 5)
          throw new Error('it was not started again');
      }, RECOVERY_MS);
      await witness.stop();
      promises.equal(witness.wrong, 0, 'Wrong answers');
      promises.equal(
        await docker(['inspect', '--format', '{{.RestartCount}}', name]),
        '1',
        'Restarts by the engine',
      );
      const { names } = parseMetrics(await eventually(() => admin('/metrics'), RECOVERY_MS));
      promises.expect(names.has('l4_tcp_connections_open'), 'It must answer scrapes again.');
      return {
        load: `${witness.asked} exchanges around a SIGKILL`,
        lost: `${witness.asked - witness.answered} exchanges while it was away`,
        figures: { 'longest gap': `${(witness.longestGapMs / 1_000).toFixed(1)} s` },
        broken: promises.broken,
      };
    } finally {
      await removeProject(project);
    }
  },
};

async function pidOf(name: string): Promise<number> {
  return Number(await docker(['inspect', '--format', '{{.State.Pid}}', name]));
}

/**
 * Kills a process of the engine's host, where it may belong to another user, or be on another machine. Not by the
 * engine itself, which takes that for a wish that the container stay down.
 */
async function killOnHost(pid: number, image: string, project: string): Promise<void> {
  const kill = ['--entrypoint', 'node', image, '--eval', `process.kill(${pid}, 'SIGKILL')`];
  await docker(['run', '--rm', '--label', label(project), '--pid', 'host', '--user', '0', ...kill]);
}

export const containerScenarios: readonly Scenario[] = [killed];
