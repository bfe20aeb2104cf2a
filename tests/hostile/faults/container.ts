import { docker } from '../../e2e/engine.ts';
import { label } from '../../e2e/images.ts';
import { eventually } from '../../harness/eventually.ts';
import { ContainedEcho } from '../contained-echo.ts';
import { Promises, type Scenario } from '../scenario.ts';
import { Control } from './control.ts';

const RECOVERY_MS = 30_000;

/** As in docker-compose.yml: the engine restarts a container that was killed from outside. */
export const killedContainer: Scenario = {
  name: 'process killed, container restarts',
  area: 'faults',
  // 5 s with the build cache that tests/e2e leaves; without it, building the images takes longer.
  seconds: { brief: 60, full: 60 },
  async run() {
    const promises = new Promises();
    await using echo = await ContainedEcho.start('torture-kill');
    let port = await echo.published(7_007);
    await using control = new Control(() => port);
    await eventually(() => {
      if (control.answered < 3) throw new Error('the container does not answer');
    }, RECOVERY_MS);
    const pid = await echo.inspect('.State.Pid');
    const answeredBefore = control.answered;
    await killOnHost(pid, echo);
    await eventually(async () => {
      // After the restart the engine may publish another free port.
      port = await echo.published(7_007);
      if ((await echo.inspect('.State.Pid')) === pid || control.answered < answeredBefore + 5)
        throw new Error('it was not started again');
    }, RECOVERY_MS);
    await control.stop();
    promises.equal(control.wrong, 0, 'Wrong answers');
    promises.equal(await echo.inspect('.RestartCount'), '1', 'Restarts by the engine');
    const { names } = await eventually(() => echo.metrics(), RECOVERY_MS);
    promises.expect(names.has('l4_tcp_connections_open'), 'It must answer scrapes again.');
    return {
      load: `${control.asked} exchanges around a SIGKILL`,
      lost: `${control.asked - control.answered} exchanges while it was away`,
      figures: { 'longest gap': `${(control.longestGapMs / 1_000).toFixed(1)} s` },
      broken: promises.broken,
    };
  },
};

/**
 * Kills a process on the host of the engine, where it may belong to another user. Not through the engine, which would
 * then not restart the container.
 */
async function killOnHost(pid: string, { project, image }: ContainedEcho): Promise<void> {
  const kill = ['--entrypoint', 'node', image, '--eval', `process.kill(${pid}, 'SIGKILL')`];
  await docker(['run', '--rm', '--label', label(project), '--pid', 'host', '--user', '0', ...kill]);
}
