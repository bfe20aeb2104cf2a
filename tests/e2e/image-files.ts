import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { docker } from './engine.ts';
import { label } from './images.ts';

/** Files that an engine adds to every container. */
const madeByEngine = /^(\.dockerenv|dev\/.*|proc\/|sys\/|etc\/(hostname|hosts|mtab|resolv\.conf))$/;

/** The files of an image, extracted to this machine, as a container has them. */
export class ImageFiles implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'echo-daytime-image-'));
  /** Paths from the root of the image, without a leading slash. */
  readonly names: readonly string[];

  static async of(image: string, project: string): Promise<ImageFiles> {
    const container = await docker(['create', '--label', label(project), image]);
    const archive = join(mkdtempSync(join(tmpdir(), 'echo-daytime-archive-')), 'files.tar');
    try {
      await docker(['export', '--output', archive, container]);
      return new ImageFiles(archive);
    } finally {
      await docker(['rm', container]);
      rmSync(dirname(archive), { recursive: true });
    }
  }

  private constructor(archive: string) {
    execFileSync('tar', ['-xf', archive, '--no-same-owner', '--exclude=dev/*', '-C', this.folder]);
    const names = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trim().split('\n');
    this.names = names.filter((name) => !name.endsWith('/') && !madeByEngine.test(name)).sort();
  }

  read(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  sha256(name: string): string {
    return createHash('sha256').update(this.read(name)).digest('hex');
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
