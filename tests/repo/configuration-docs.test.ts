import { variableOf } from '@echo-daytime/runtime';
import { describe, expect, it } from 'vitest';
import { plain, tableOf } from '../harness/markdown.ts';
import { keysOf, services } from './services.ts';
import { read } from './tracked-files.ts';

it('should find the services', () => {
  expect(services).toEqual(expect.arrayContaining(['daytime', 'echo', 'load-probe', 'udp-daytime']));
});

describe.each(services)('the README of %s', (service) => {
  const path = `services/${service}/README.md`;

  it('should list every configuration key with its default, and no other', async () => {
    const documented = tableOf(path, 'Configuration').map(([key, initial]) => [plain(key), plain(initial)]);
    const actual = Object.entries(await keysOf(service)).map(([name, key]) => [
      variableOf(name),
      key.default || 'empty',
    ]);
    expect(documented.sort()).toEqual(actual.sort());
  });

  it('should say what each key does', () => {
    for (const [key, , meaning] of tableOf(path, 'Configuration')) {
      expect(meaning?.length, `${key} is not explained`).toBeGreaterThan(10);
    }
  });
});

// The probe is a client and has its own way to tell about itself.
describe.each(services.filter((service) => service !== 'load-probe'))('the README of %s', (service) => {
  it('should have the sections that every service has', () => {
    const prose = read(`services/${service}/README.md`).replace(/^```.*?^```/gms, '');
    expect(prose.match(/^##? .*$/gm)).toEqual([
      `# ${service}`,
      '## Protocol',
      '## Configuration',
      '## Metrics',
      '## Health',
      '## Examples',
      '## Files',
    ]);
  });
});
