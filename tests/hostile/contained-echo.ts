import { docker, engineProblem } from '../e2e/engine.ts';
import { buildImages, imageName, label, projectName, removeProject } from '../e2e/images.ts';
import { eventually } from '../harness/eventually.ts';
import { type Metrics, parseMetrics } from '../harness/metrics.ts';

const READY_MS = 30_000;

/** Why this machine can't run a container, or undefined. */
export function containerProblem(): string | undefined {
  return engineProblem;
}

/** The echo service in a container, with the limits of docker-compose.yml. */
export class ContainedEcho implements AsyncDisposable {
  readonly project: string;
  readonly name: string;
  readonly image: string;

  /** Builds the image, and waits until it is ready. */
  static async start(purpose: string, env: Readonly<Record<string, string>> = {}): Promise<ContainedEcho> {
    const echo = new ContainedEcho(projectName(purpose));
    await removeProject(echo.project);
    await using starting = new AsyncDisposableStack();
    starting.use(echo);
    await buildImages(echo.project, ['echo']);
    const confined = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'];
    const limits = ['--memory', '256m', '--pids-limit', '128', '--restart', 'unless-stopped'];
    const ports = ['--publish', '127.0.0.1::7007/tcp', '--publish', '127.0.0.1::9007/tcp'];
    const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const named = ['--name', echo.name, '--label', label(echo.project)];
    await docker(['run', '--detach', ...named, ...confined, ...limits, ...ports, ...settings, echo.image]);
    await eventually(() => echo.admin('/readyz'), READY_MS);
    starting.move();
    return echo;
  }

  private constructor(project: string) {
    this.project = project;
    this.name = `${project}-echo`;
    this.image = imageName('echo', project);
  }

  /** A port of the container on loopback; another one after a restart. */
  async published(port: number): Promise<number> {
    return Number((await docker(['port', this.name, `${port}/tcp`])).split(':').at(-1));
  }

  /** Uses a new connection each time: a reused one could belong to a process that was killed. */
  async admin(path: string): Promise<string> {
    const url = `http://127.0.0.1:${await this.published(9_007)}${path}`;
    const answer = await fetch(url, { headers: { connection: 'close' } });
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
    return answer.text();
  }

  async metrics(): Promise<Metrics> {
    return parseMetrics(await this.admin('/metrics'));
  }

  /** @param field such as `.State.Pid` */
  async inspect(field: string): Promise<string> {
    return docker(['inspect', '--format', `{{${field}}}`, this.name]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeProject(this.project);
  }
}
