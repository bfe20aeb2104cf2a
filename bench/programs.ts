import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findProgram } from '../tests/harness/programs.ts';
import type { ServerName, Service } from './workloads.ts';

const here = fileURLToPath(new URL('./', import.meta.url));
const root = join(here, '..');
/** The sources that all servers in C share. */
const C_PARTS = ['listening.c', 'daytime-line.c', 'udp-batches.c'];
const GENERATOR = 'generator';
const C_FLAGS = ['-std=gnu17', '-O2', '-Wall', '-Wextra'];

const run = promisify(execFile);

export type CompiledReference = 'c' | 'go' | 'go-loop';

/** The programs that a run of the bench needs. */
export interface Programs {
  readonly generator: string;
  /** The folder with our services, bundled as in the images. */
  readonly bundles: string;
  /** The same of the version before ours, where there is one to compare with. */
  readonly before: string | undefined;
  /** The path of a compiled reference server. */
  compiled(reference: CompiledReference, service: Service): string;
  /** Reference servers that this machine lacks, each with what to install. */
  readonly absent: ReadonlyMap<ServerName, string>;
}

/** The bench can't run on this machine; the message says what to do. */
export class CannotMeasureError extends Error {
  override readonly name = 'CannotMeasureError';
}

/**
 * Compiles the load generator into a folder.
 *
 * @returns its path
 * @throws CannotMeasureError where the machine is not Linux or has no C compiler
 */
export async function buildGenerator(folder: string): Promise<string> {
  const sources = readdirSync(join(here, 'generator')).filter((name) => name.endsWith('.c'));
  const program = join(folder, GENERATOR);
  await compileC(
    program,
    sources.map((name) => join(here, 'generator', name)),
  );
  return program;
}

/**
 * Compiles the generator and the reference servers for these services into a folder, and bundles our own services.
 *
 * @throws CannotMeasureError where the machine is not Linux or has no C compiler
 */
export async function buildPrograms(
  folder: string,
  services: ReadonlySet<Service>,
  before?: string,
): Promise<Programs> {
  const programs: Programs = {
    generator: join(folder, GENERATOR),
    bundles: join(folder, 'bundles'),
    before,
    compiled: (reference, service) => join(folder, `${reference}-${service}`),
    absent: absentReferences(),
  };
  // First, because the bench can't run without a C compiler.
  await buildGenerator(folder);
  const inC = [...services].map((service) =>
    compileC(
      programs.compiled('c', service),
      [`${service}.c`, ...C_PARTS].map((name) => join(here, 'reference-servers', name)),
    ),
  );
  await Promise.all([
    ...inC,
    programs.absent.has('go') ? undefined : compileAllGo(programs, services),
    run(process.execPath, [join(root, 'scripts/bundle.ts'), programs.bundles]),
  ]);
  return programs;
}

/** One after the other: the first build compiles the parts of the standard library that all need. */
async function compileAllGo({ compiled }: Programs, services: ReadonlySet<Service>): Promise<void> {
  for (const service of services) await compileGo(compiled('go', service), `${service}.go`);
  if (services.has('tcp-echo')) await compileGo(compiled('go-loop', 'tcp-echo'), 'tcp-echo-loop.go');
}

async function compileC(program: string, sources: readonly string[]): Promise<void> {
  if (process.platform !== 'linux') {
    throw new CannotMeasureError(`the load generator needs epoll, so Linux; this is ${process.platform}`);
  }
  const cc = findProgram('cc');
  if (cc === undefined) {
    throw new CannotMeasureError(
      'the load generator is written in C and there is no cc on this machine; run .ci/machine/bench-tools.sh as root, or install a C compiler (Debian packages gcc and libc6-dev)',
    );
  }
  await run(cc, [...C_FLAGS, '-o', program, ...sources]);
}

async function compileGo(program: string, source: string): Promise<void> {
  // The programs need the standard library only, so Go must download nothing, not even another Go.
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '', CGO_ENABLED: '0' };
  await run(findProgram('go')!, ['build', '-o', program, join(here, 'reference-servers', source)], { env });
}

function absentReferences(): ReadonlyMap<ServerName, string> {
  const wanted = [
    ['go', 'go', 'install Go 1.22 or newer'],
    ['go-loop', 'go', 'install Go 1.22 or newer'],
    ['socat', 'socat', 'install socat (Debian package socat)'],
    ['xinetd', 'xinetd', 'install xinetd (Debian package xinetd)'],
  ] as const;
  return new Map(
    wanted
      .filter(([, program]) => findProgram(program) === undefined)
      .map(([name, , advice]) => [name, `${advice}, or run .ci/machine/bench-tools.sh as root`]),
  );
}
