import { readFileSync } from 'node:fs';

const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');

/** What the images tell glibc of memory (mallopt(3)), for programs that run from source and whose memory is measured. */
export const allocatorSettings: Readonly<Record<string, string>> = Object.fromEntries(
  [...dockerfile.matchAll(/^ENV (MALLOC_\w+)=(\d+)$/gm)].map(([, name, value]) => [name, value]),
);
if (Object.keys(allocatorSettings).length === 0) throw new Error('the Dockerfile has no line ENV MALLOC_…');
