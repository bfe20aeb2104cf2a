import { describe, expect, it } from 'vitest';
import { plain, tableOf } from '../harness/markdown.ts';
import { skipFor } from '../harness/skip-for.ts';
import { read, trackedFiles } from '../repo/tracked-files.ts';
import { renderDocumented } from './documented-kustomization.ts';
import { kubectlProblem, overlays } from './kubectl.ts';
import { containersOf, workloadsOf } from './objects.ts';

const README = 'deploy/kubernetes/README.md';

describe('a kustomization of one’s own', skipFor(kubectlProblem), () => {
  it('should replace our images with those of another registry', () => {
    const images = workloadsOf(renderDocumented(README))
      .flatMap(containersOf)
      .map(({ image }) => image);
    expect(images).toHaveLength(4);
    expect(images.filter((image) => !image?.startsWith('images.example.org/'))).toEqual([]);
  });
});

describe('the overlays of the README', () => {
  it('should be the existing overlays', () => {
    expect(
      tableOf(README, 'Kubernetes')
        .map(([overlay]) => plain(overlay))
        .sort(),
    ).toEqual(overlays);
  });
});

describe('events of type Unhealthy', () => {
  it.each([README, 'docs/operations.md'])(
    'should be said to be normal at the start and the end of a pod: %s',
    (page) => {
      const sentences = read(page)
        .replace(/\s+/g, ' ')
        .split(/(?<=[.:]) /);
      const said = sentences.filter((sentence) => sentence.includes('`Unhealthy`'));
      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(/\bstart\b.*\bend of a pod are normal:/);
    },
  );
});

describe('every page', () => {
  // Otherwise kubectl merges ports by their number alone: `tcp-echo` and `udp-echo` have the same.
  it('should apply manifests with --server-side', () => {
    const applied = trackedFiles
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...read(path).matchAll(/kubectl (?:apply|diff)\b.*/g)].map(([text]) => `${path}: ${text}`),
      );
    expect(applied.filter((text) => !text.includes(' --server-side '))).toEqual([]);
    expect(applied.length).toBeGreaterThan(3);
  });
});
