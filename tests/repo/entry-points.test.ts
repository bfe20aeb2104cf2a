import { V8_FLAGS } from '@echo-daytime/linux/v8-flags';
import { describe, expect, it } from 'vitest';
import { read } from './tracked-files.ts';

const dockerfile = read('Dockerfile');
const manifest = JSON.parse(read('package.json')) as {
  readonly devDependencies: { readonly node: string };
  readonly scripts: { readonly service: string };
};

describe('what starts a service', () => {
  it('should give node what the engines need, in the image and in a checkout', () => {
    const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(entrypoint)).toEqual(expect.arrayContaining([...V8_FLAGS]));
    expect(manifest.scripts.service.split(' ')).toEqual(expect.arrayContaining([...V8_FLAGS]));
  });

  it('should be one version of node, in the image and in a checkout', () => {
    const bases = dockerfile.matchAll(/^FROM (\S+:\S+) AS/gm).map(([, image]) => image);
    expect([...bases]).toEqual([`node:${manifest.devDependencies.node}-bookworm-slim`]);
  });
});
