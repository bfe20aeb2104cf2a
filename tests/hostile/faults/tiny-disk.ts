import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const DISK_BYTES = 64 * 1024;

/** A file system in memory, of a few pages. */
export class TinyDisk implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'torture-disk-'));

  constructor() {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'torture', this.folder]);
  }

  /** Why this machine can't mount one, or undefined. */
  static problem(): string | undefined {
    try {
      new TinyDisk()[Symbol.dispose]();
      return undefined;
    } catch (error) {
      return `no file system can be mounted here: ${(error as Error).message.split('\n')[0]}`;
    }
  }

  /** Whether less than a quarter of it is free. */
  get isFull(): boolean {
    const more = join(this.folder, 'more');
    try {
      writeFileSync(more, Buffer.alloc(DISK_BYTES / 4));
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOSPC';
    } finally {
      rmSync(more, { force: true });
    }
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.folder]);
    rmSync(this.folder, { recursive: true });
  }
}
