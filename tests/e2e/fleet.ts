import { type DocumentedCommand, documentedCommand } from '../docs/documented-commands.ts';
import { type Metrics, parseMetrics } from '../harness/metrics.ts';
import { docker, type Ran, runDocker } from './engine.ts';

/** The description of one container by compose. */
export interface Member {
  readonly ID: string;
  readonly Service: string;
  readonly State: string;
  readonly Health: string;
  readonly ExitCode: number;
}

/** A project of its own from the compose file, on ports that the engine picks. */
export class Fleet {
  readonly #project: string;
  readonly #settings: Readonly<Record<string, string>>;

  /** @param settings variables of the compose file */
  constructor(project: string, settings: Readonly<Record<string, string>> = {}) {
    this.#project = project;
    this.#settings = settings;
  }

  /**
   * Builds and starts the fleet; fails with the containers' last log lines when a container does not become healthy.
   *
   * @param command a `docker compose … up …` of a page
   * @param more further arguments: flags, and services to start with their dependencies, in place of all
   */
  async up(
    command = documentedCommand('README.md', 'docker compose up'),
    more: readonly string[] = [],
  ): Promise<void> {
    const { code, stderr } = await this.runDocumented(command, more);
    if (code === 0) return;
    const { stdout: logs } = await this.run('logs', '--tail', '30');
    throw new Error(`docker compose up ended with exit code ${code}\n${stderr}\n${logs}`);
  }

  compose(...args: readonly string[]): Promise<string> {
    return docker(this.#command(args), this.#environment());
  }

  /** Like `compose`, for a command that may fail. */
  run(...args: readonly string[]): Promise<Ran> {
    return runDocker(this.#command(args), this.#environment());
  }

  /** Like `run`, for a `docker compose …` of a page, with further arguments. */
  runDocumented({ text }: DocumentedCommand, more: readonly string[] = []): Promise<Ran> {
    const [, args = ''] = /^docker compose ([^'"\\$]+)$/.exec(text) ?? [];
    if (args === '') throw new Error(`only a docker compose command of plain words can be run here: ${text}`);
    return this.run(...args.split(/\s+/), ...more);
  }

  async members(): Promise<readonly Member[]> {
    const lines = await this.compose('ps', '--all', '--format', 'json');
    return lines.split('\n').map((line) => JSON.parse(line) as Member);
  }

  /** The address at which a port of a service is published, such as `127.0.0.1:49153`. */
  published(service: string, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Promise<string> {
    return this.compose('port', '--protocol', protocol, service, String(port));
  }

  async metrics(): Promise<Metrics> {
    const answer = await fetch(`http://${await this.published('load-probe', 8080)}/metrics`);
    return parseMetrics(await answer.text());
  }

  #command(args: readonly string[]): string[] {
    return ['compose', '--ansi', 'never', '--project-name', this.#project, ...args];
  }

  #environment(): Record<string, string> {
    const anyFree = '0';
    return {
      VERSION: this.#project,
      ECHO_PORT: anyFree,
      ECHO_DIALOG_PORT: anyFree,
      ECHO_STAMP_PORT: anyFree,
      ECHO_ADMIN_PORT: anyFree,
      DAYTIME_PORT: anyFree,
      DAYTIME_SESSION_PORT: anyFree,
      DAYTIME_ADMIN_PORT: anyFree,
      UDP_DAYTIME_PORT: anyFree,
      UDP_DAYTIME_ADMIN_PORT: anyFree,
      LOAD_PROBE_PORT: anyFree,
      PROMETHEUS_PORT: anyFree,
      GRAFANA_PORT: anyFree,
      ...this.#settings,
    };
  }
}
