import { describe, expect, it } from 'vitest';
import { entriesOf, parseServices, readServices } from './service-names.ts';

const file = `# Network services, Internet style

echo\t\t7/tcp
echo\t\t7/udp
discard\t\t9/tcp\t\tsink null
daytime 13/udp # trailing words 99/tcp
nonsense
also nonsense/tcp
tab-at-the-end\t4242/sctp\t
`;

describe('names of services', () => {
  const entries = parseServices(file);

  it('should be read with their ports, protocols and aliases, without comments', () => {
    expect(entries).toEqual([
      { name: 'echo', port: 7, protocol: 'tcp', aliases: [] },
      { name: 'echo', port: 7, protocol: 'udp', aliases: [] },
      { name: 'discard', port: 9, protocol: 'tcp', aliases: ['sink', 'null'] },
      { name: 'daytime', port: 13, protocol: 'udp', aliases: [] },
      { name: 'tab-at-the-end', port: 4242, protocol: 'sctp', aliases: [] },
    ]);
  });

  it('should be found by name, by alias and by number', () => {
    expect(entriesOf('echo', entries).map(({ protocol }) => protocol)).toEqual(['tcp', 'udp']);
    expect(entriesOf('sink', entries)).toEqual([
      { name: 'discard', port: 9, protocol: 'tcp', aliases: ['sink', 'null'] },
    ]);
    expect(entriesOf('13', entries).map(({ name }) => name)).toEqual(['daytime']);
    expect(entriesOf('99', entries)).toEqual([]);
    expect(entriesOf('ech', entries)).toEqual([]);
  });

  it('should say when there is no such file', () => {
    expect(() => readServices('/no/such/file')).toThrow(
      "the names of services can't be read: ENOENT: no such file or directory, open '/no/such/file'",
    );
  });
});
