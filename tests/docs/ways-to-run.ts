import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parseDaytime } from '@echo-daytime/daytime-format';
import { expect } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { eventually } from '../harness/eventually.ts';
import { blocksOf } from '../harness/markdown.ts';
import { TcpClient } from '../harness/tcp-client.ts';
import { UdpClient } from '../harness/udp-client.ts';
import { read, root } from '../repo/tracked-files.ts';
import { type DocumentedCommand, documentedCommand } from './documented-commands.ts';
import { DocumentedService } from './documented-service.ts';
import { expectTime, runnable, succeeds } from './run-command.ts';

/** How commands of one kind are run, and their expected result. */
export interface Way {
  readonly commands: RegExp;
  /** Runs the command, already changed for this machine; fails when it does not do what its page says. */
  readonly run: (command: DocumentedCommand) => void | Promise<void>;
}

/** The first group is the name of the service. */
const SERVICE = /\b(?:npx node services\/|npm run service -- )([\w-]+)/;

/** The report may contain `prober_late` samples and no other failures. */
const CHECK_REPORT = /of \d+ ok, loss 0%\n.* p50 .* p90 .* p99 [\s\S]*^--\S+ .* held: /m;

/** The first way that matches the original command of a page is used. */
export const ways: readonly Way[] = [
  { commands: /^npm start$/, run: takenBy('tests/docs/commands.test.ts') },
  { commands: /^docker compose up /, run: takenBy('tests/e2e/fleet.ts') },
  { commands: /^docker compose --profile monitoring up /, run: takenBy('tests/e2e/prometheus.test.ts') },
  { commands: /^docker compose run /, run: takenBy('tests/e2e/fleet.test.ts') },
  { commands: /^docker compose build$/, run: buildsWhatIsTested },
  { commands: /^docker run /, run: takenBy('tests/e2e/documented-run.ts') },
  { commands: /^kubectl /, run: isHeldAgainstManifests },
  {
    commands: /^(docker build --target|jq -r|npx node scripts\/bundle\.ts|diff --recursive) /,
    run: takenBy('tests/e2e/supply-chain.test.ts'),
  },
  { commands: /^npm test$/, run: isRunByCi },
  { commands: /^npm test -- \S+$/, run: testsOneFolder },
  { commands: /^npm run check$/, run: isCheckedByItsParts },
  { commands: /^npm run format$/, run: formats },
  { commands: /^npm run soak -- /, run: takenBy('tests/hostile/soak/brief.test.ts') },

  { commands: /^npm run bench\b/, run: takenBy('bench/bench.test.ts') },
  { commands: /^npm run fuzz -- /, run: prints(/^proxy-header +seed 7 +2,000 inputs in /m) },
  { commands: /^npm run conformance -- /, run: prints(/^\d+ held, 0 failed, 0 differs, 0 skipped$/m) },
  { commands: /^npm run torture\b/, run: takenBy('tests/hostile/main.test.ts') },
  { commands: /^load-probe monitor /, run: monitors },
  { commands: /^load-probe check /, run: measures(CHECK_REPORT) },
  { commands: /^load-probe during /, run: prints(/^--max-lost 0 held: /m) },
  { commands: /^load-probe load .*--json/, run: printsJson },
  { commands: /^load-probe load /, run: reports(/\b(?:\d[\d,]*) \S*.*p50/s) },
  { commands: /^load-probe send --data 'HEAD /, run: requestsWebServer },
  { commands: /^load-probe send --lines 10 /, run: reports(/^message 1\nmessage 2\n[\s\S]*message 10\n$/) },
  { commands: /^load-probe send --udp .*13'$/, run: printsTheTimeOverUdp },
  { commands: /^load-probe (?:idle|mtu|trace|paths|explain) .*--json/, run: printsJson },
  { commands: /^load-probe idle /, run: reports(/\S/) },
  { commands: /^load-probe mtu /, run: reports(/65507/) },
  { commands: /^load-probe trace /, run: reports(/ answers as hop 1\n/) },
  { commands: /^load-probe paths /, run: reports(/ no (?:path differs|path that is chosen by source port)/) },
  { commands: /^load-probe explain /, run: reports(/\bhealthy\b/) },
  { commands: /^load-probe resolve --reverse /, run: prints(/127\.0\.0\.1|::1/) },
  { commands: /^load-probe resolve :7$/, run: prints(/^7\/tcp +echo$/m) },
  { commands: /^load-probe targets targets.yaml && /, run: validatesTargets },
  {
    commands: /^curl .*\/metrics \| grep '\^l4_tcp'$/,
    run: prints(/^(l4_tcp_\w+\{listener="[\w-]+".*\} \S+\n)+$/),
  },
  { commands: /^curl .*\/faults\/[\w-]+$/, run: injects },
  {
    commands: /^curl .*\/metrics \| grep '\^process_'$/,
    run: prints(/^process_resident_memory_bytes \d+$/m),
  },
  { commands: /^curl .*\/readyz$/, run: prints(/^\{"status":"ready",/) },
  { commands: /^ncat localhost 7007$/, run: prints(/^hello\n$/, 'hello\n') },
  { commands: /^\(?echo hello(;.*\))? ?\| ncat .* 7007$/, run: prints(/^hello\n$/) },
  { commands: /\bncat .* 7013$/, run: printsTheTime },

  { commands: /^TZ=Europe\/Berlin .*\bdaytime\b.* --format iso8601 /, run: printsTheTimeOfBerlin },
  { commands: /\budp-daytime\b.* --min-request-bytes 64$/, run: requiresLongRequests },
  { commands: SERVICE, run: prints(/: the configuration is valid$/m) },
];

/** For commands that another test file runs. That file reads the command from the page, so it follows changes. */
function takenBy(file: string): Way['run'] {
  return ({ text }) => {
    const taken = [...read(file).matchAll(/\bdocumentedCommand\(\s*'([^']+)',\s*'([^']+)'/g)];
    const texts = taken.map(([, page, beginning]) => documentedCommand(page!, beginning!).text);
    expect(texts, `${file} takes other commands from the pages`).toContain(text);
  };
}

/** The tests of the images build all images with this command, under other names. */
function buildsWhatIsTested(): void {
  expect(read('tests/e2e/images.ts')).toContain(
    "['compose', '--project-name', project, 'build', '--quiet', ...names]",
  );
}

/** The tests of the manifests check these commands, because they have rendered the manifests. */
function isHeldAgainstManifests(): void {
  expect(read('tests/kubernetes/commands.test.ts')).toContain("text.startsWith('kubectl ')");
}

function isRunByCi({ text }: DocumentedCommand): void {
  expect(read('.ci/run').split('\n')).toContain(`REQUIRE_DOCKER=1 ${text}`);
}

function isCheckedByItsParts(): void {
  expect(read('tests/repo/checks.test.ts')).toContain('manifest.scripts.check.split');
  expect(manifest.scripts.check).not.toBe('');
}

async function testsOneFolder({ text }: DocumentedCommand): Promise<void> {
  const folder = text.split(' ').at(-1)!;
  const { stdout } = await succeeds(text);
  const files = stripVTControlCharacters(stdout).match(/\S+\.test\.ts\b/g) ?? [];
  expect(files).not.toEqual([]);
  expect(files.filter((file) => !file.startsWith(`${folder}/`))).toEqual([]);
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^[1-9]\d* passed, 0 failed, \d+ skipped$/);
}

/** In a folder of its own, with the repository's settings. */
async function formats({ text }: DocumentedCommand): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-format-'));
  try {
    for (const file of ['package.json', 'biome.json', '.gitignore'])
      cpSync(join(root, file), join(folder, file));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'untidy.ts'), 'export   const word = "one"\n');
    await succeeds(text, { folder });
    expect(readFileSync(join(folder, 'untidy.ts'), 'utf8')).toBe("export const word = 'one';\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** For a client of the fleet that shows its progress on stderr: expects exit code 0, and this on stdout. */
function reports(expected: RegExp): Way['run'] {
  return async ({ text }) => {
    expect((await succeeds(text)).stdout).toMatch(expected);
  };
}

/** The response shows the active faults. All faults are cleared for the next command. */
async function injects({ text }: DocumentedCommand): Promise<void> {
  const [url = ''] = /http:\S+$/.exec(text) ?? [];
  const [, body = '{"loss":{"probability":0.2}}'] = /--json '([^']+)'/.exec(text) ?? [];
  const headers = { 'content-type': 'application/json' };
  try {
    if (!text.includes(' PUT ')) await fetch(url, { method: 'PUT', headers, body });
    const { stdout, stderr } = await succeeds(text);
    const wanted = Object.entries<object>(text.includes(' DELETE ') ? {} : JSON.parse(body));
    const active = Object.fromEntries(wanted.map(([name, fault]) => [name, { probability: 1, ...fault }]));
    expect(JSON.parse(stdout)).toEqual(active);
    expect(await (await fetch(url)).json()).toEqual(active);
    expect(stderr).toBe('');
  } finally {
    await fetch(url, { method: 'DELETE' });
  }
}

/** For a client of the fleet: expects exit code 0, nothing on stderr, and this on stdout. */
function prints(expected: RegExp, input?: string): Way['run'] {
  return async ({ text }) => {
    const { stdout, stderr } = await succeeds(text, input === undefined ? {} : { input });
    expect(stdout).toMatch(expected);
    // npm may warn about the configuration of the machine.
    expect(stderr.replace(/^npm warn .*\n/gm, '')).toBe('');
  };
}

/** As `prints`, as often as it takes: a machine that is busy delays the probe, which says then that it measured too little. */
function measures(expected: RegExp): Way['run'] {
  const run = prints(expected);
  return (command) => eventually(() => run(command));
}

/** The comment of the command may be an example of the reply. */
async function printsTheTime({ text, comment }: DocumentedCommand): Promise<void> {
  const startedAt = Date.now();
  const { stdout, stderr } = await succeeds(text);
  expectTime(stdout, comment === '' ? 'rfc867' : parseDaytime(`${comment}\r\n`).format, startedAt);
  expect(stderr).toBe('');
}

async function printsJson({ text }: DocumentedCommand): Promise<void> {
  const { stdout } = await succeeds(text);
  expect(JSON.parse(stdout)).toMatchObject({ version: 1 });
}

async function requestsWebServer({ text }: DocumentedCommand): Promise<void> {
  const server = createServer((_request, response) => response.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const { stdout } = await succeeds(text.replace(/:80$/, `:${port}`));
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r?\n/);
  } finally {
    server.close();
  }
}

async function printsTheTimeOverUdp({ text }: DocumentedCommand): Promise<void> {
  const startedAt = Date.now();
  const { stdout } = await succeeds(text);
  expectTime(stdout.replace(/\r?\n$/, '\r\n'), 'rfc867', startedAt);
}

/** The file is the example of the probe's README. */
async function validatesTargets({ text }: DocumentedCommand): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-targets-'));
  const file = join(folder, 'targets.yaml');
  try {
    const example = blocksOf('services/load-probe/README.md').find(({ info }) => info === 'yaml');
    writeFileSync(file, example!.lines.join('\n'));
    const [validate = '', use = ''] = text.replaceAll('targets.yaml', file).split(' && ');
    expect((await succeeds(validate)).stdout).toMatch(/\S/);
    const { stdout } = await succeeds(
      use.replace(/load-probe$/, `${runnable('load-probe ')} --check-config`),
    );
    expect(stdout).toContain('the configuration is valid');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function monitors({ text }: DocumentedCommand): Promise<void> {
  await using monitor = await DocumentedService.start('load-probe', runnable(text));
  const [, urls = ''] = /--targets '([^']+)'/.exec(text) ?? [];
  await eventually(async () => {
    const answer = await fetch(`${monitor.adminUrl}/api/targets`);
    const { targets } = (await answer.json()) as { targets: { url: string; state: string }[] };
    expect(targets.map(({ url, state }) => `${url} ${state}`)).toEqual(
      urls.split(/[\s,]+/).map((url) => `${url.replace(/\?.*$/, '')} up`),
    );
  });
  expect(await monitor.stop()).toEqual([0, null]);
}

async function printsTheTimeOfBerlin({ text }: DocumentedCommand): Promise<void> {
  const startedAt = Date.now();
  await using service = await startService(text);
  using client = await TcpClient.connect(service.port('daytime-tcp'));
  const line = (await client.takeAll()).toString();
  expectTime(line, 'iso8601', startedAt);
  expect(line).toMatch(/\+0[12]:00\r\n$/);
  expect(await service.stop()).toEqual([0, null]);
}

async function requiresLongRequests({ text }: DocumentedCommand): Promise<void> {
  await using service = await startService(text);
  await using client = await UdpClient.open();
  const port = service.port('daytime-udp');
  client.send(Buffer.alloc(63), port);
  // Replies come in the order of the requests, so a reply to the first would arrive before this one.
  const answer = await client.ask(Buffer.alloc(64), port);
  expect(client.answers).toHaveLength(1);
  expect(answer.length).toBeLessThanOrEqual(64);
  expect(await service.stop()).toEqual([0, null]);
}

function startService(text: string): Promise<DocumentedService> {
  return DocumentedService.start(SERVICE.exec(text)![1]!, runnable(text));
}
