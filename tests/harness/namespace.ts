import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

const DEVICE_POLL_MS = 20;
/** For each line with a URL it prints a line of JSON with the body or the problem. */
const FETCHER = `
  import { createInterface } from 'node:readline';
  for await (const url of createInterface({ input: process.stdin })) {
    const answer = await fetch(url, { headers: { connection: 'close' } }).catch(({ cause }) => cause);
    const problem = answer.ok ? undefined : \`\${url}: \${answer.status ?? answer.message}\`;
    console.log(JSON.stringify({ problem, body: await answer.text?.() }));
  }`;

/** A device in the output of `ip -json link`, with the state of RFC 2863; empty for a device that is not shown. */
interface Device {
  readonly flags?: readonly string[];
  readonly operstate?: string;
}

interface Fetcher {
  readonly input: NodeJS.WritableStream;
  readonly answers: AsyncIterator<string>;
}

/** A network namespace of this run, with its loopback up. Programs that `start` began end with it. */
export class Namespace implements Disposable {
  static #made = 0;
  readonly name: string;
  readonly #children: ChildProcess[] = [];
  #fetcher: Fetcher | undefined;

  constructor() {
    this.name = `l4-${process.pid}-${Namespace.#made++}`;
    ip('netns', 'add', this.name);
    ip('-n', this.name, 'link', 'set', 'lo', 'up');
  }

  /** Why no namespace can be made here, or undefined. */
  static problem(): string | undefined {
    try {
      execFileSync('nft', ['--version'], { stdio: 'ignore' });
      new Namespace()[Symbol.dispose]();
      return undefined;
    } catch (error) {
      return `no network namespaces here: ${(error as Error).message.split('\n')[0]}`;
    }
  }

  /** The words before a command that run it in this namespace, by exec. */
  get launcher(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  execute(...command: readonly string[]): void {
    ip('netns', 'exec', this.name, ...command);
  }

  /** What a command prints in here. */
  output(...command: readonly string[]): string {
    return ipOutput('netns', 'exec', this.name, ...command);
  }

  /** Makes programs that are started in here from now on use this name server. */
  useNameServer(address: string): void {
    mkdirSync(this.#settings, { recursive: true });
    writeFileSync(`${this.#settings}/resolv.conf`, `nameserver ${address}\noptions timeout:1 attempts:1\n`);
    // Names are looked up only in DNS, because the machine's own hosts file is not under test.
    writeFileSync(`${this.#settings}/nsswitch.conf`, 'hosts: dns\n');
  }

  /** Makes programs that are started in here know only these names, a line of hosts(5) each. */
  useHosts(...lines: readonly string[]): void {
    mkdirSync(this.#settings, { recursive: true });
    writeFileSync(`${this.#settings}/hosts`, lines.map((line) => `${line}\n`).join(''));
    writeFileSync(`${this.#settings}/nsswitch.conf`, 'hosts: files\n');
  }

  /** Starts a program in here, once the devices can be used. */
  start(...command: readonly string[]): ChildProcess {
    this.#waitForDevices();
    const [program, ...flags] = this.launcher;
    const child = spawn(program!, [...flags, ...command]);
    this.#children.push(child);
    return child;
  }

  /** Adds a link to another namespace. */
  link(device: string, far: Namespace, farDevice: string): void {
    const end = ['peer', 'name', farDevice, 'netns', far.name];
    ip('link', 'add', device, 'netns', this.name, 'type', 'veth', ...end);
  }

  /** Brings a device up, with its addresses such as `192.0.2.1/24` and no others. */
  up(device: string, addresses: readonly string[], mtu = 1_500): void {
    ip('-n', this.name, 'link', 'set', device, 'addrgenmode', 'none');
    for (const address of addresses) {
      // Without duplicate address detection, which would delay an IPv6 address.
      const more = address.includes(':') ? ['nodad'] : [];
      ip('-n', this.name, 'address', 'add', address, 'dev', device, ...more);
    }
    ip('-n', this.name, 'link', 'set', device, 'mtu', String(mtu), 'up');
  }

  /** Runs a module's source in here. */
  async evaluate(source: string, ...args: readonly string[]): Promise<string> {
    this.#waitForDevices();
    const [program, ...flags] = this.launcher;
    const node = [...flags, process.execPath, '--input-type=module', '-e', source, ...args];
    return (await run(program!, node, { timeout: 30_000 })).stdout;
  }

  /** The kernel takes up to a second to notice that both ends of a link are up, and sends no IPv6 before. */
  #waitForDevices(): void {
    for (;;) {
      const devices: Device[] = JSON.parse(ipOutput('-n', this.name, '-json', 'link', 'show', 'up'));
      const waiting = devices.some(
        ({ flags = [], operstate = '' }) => flags.includes('LOWER_UP') && operstate.endsWith('DOWN'),
      );
      if (!waiting) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DEVICE_POLL_MS);
    }
  }

  /** The body of an answer of a server in here, on loopback. */
  async fetch(url: string): Promise<string> {
    // One program for all requests, because starting a program each time would cost more than the request.
    this.#fetcher ??= this.#startFetcher();
    const { input, answers } = this.#fetcher;
    input.write(`${url}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`the program that fetches ${url} has ended`);
    const { problem, body } = JSON.parse(value) as { readonly problem?: string; readonly body: string };
    if (problem !== undefined) throw new Error(problem);
    return body;
  }

  #startFetcher(): Fetcher {
    const child = this.start(process.execPath, '--input-type=module', '-e', FETCHER);
    return {
      input: child.stdin!,
      answers: createInterface({ input: child.stdout! })[Symbol.asyncIterator](),
    };
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL');
    ip('netns', 'del', this.name);
    rmSync(this.#settings, { recursive: true, force: true });
  }

  /** Files of this folder replace those in /etc under `ip netns exec`, ip-netns(8). */
  get #settings(): string {
    return `/etc/netns/${this.name}`;
  }
}

export function ip(...args: readonly string[]): void {
  ipOutput(...args);
}

function ipOutput(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
