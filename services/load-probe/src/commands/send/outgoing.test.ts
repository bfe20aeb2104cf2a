import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Outgoing, outgoingBytes, outgoingDatagrams, readLineTemplate } from './outgoing.ts';

async function sent(outgoing: Outgoing): Promise<string[]> {
  const texts: string[] = [];
  for await (const bytes of outgoingBytes(outgoing, new AbortController().signal)) texts.push(String(bytes));
  return texts;
}

describe('a template of lines', () => {
  it.each([
    { template: 'line {n}', lines: ['line 1\n', 'line 2\n'] },
    { template: '', lines: ['\n', '\n'] },
    { template: '{n}', lines: ['1\n', '2\n'] },
    { template: String.raw`{n}:{n}\r\n`, lines: ['1:1\r\n', '2:2\r\n'] },
    { template: String.raw`{"n":{n}}\t`, lines: ['{"n":1}\t', '{"n":2}\t'] },
    { template: String.raw`\\{n}`, lines: ['\\1\n', '\\2\n'] },
  ])('should make $lines of $template', async ({ lines, template }) => {
    expect(await sent({ kind: 'lines', count: 2, each: readLineTemplate(template), intervalMs: 0 })).toEqual(
      lines,
    );
  });

  it('should refuse a bad escape', () => {
    expect(() => readLineTemplate(String.raw`{n}\q`)).toThrow(String.raw`must not hold \q`);
  });
});

describe('datagrams', () => {
  const { signal } = new AbortController();

  it('should be made of a whole stream, of lines, or empty of nothing', async () => {
    const stream = Readable.from([Buffer.from('a'), Buffer.from('b')]);
    expect(await sent(await outgoingDatagrams({ kind: 'stream', stream }, signal))).toEqual(['ab']);
    expect(await sent(await outgoingDatagrams({ kind: 'nothing' }, signal))).toEqual(['']);
    const lines: Outgoing = { kind: 'lines', count: 2, each: readLineTemplate('{n}'), intervalMs: 0 };
    expect(await sent(await outgoingDatagrams(lines, signal))).toEqual(['1\n', '2\n']);
  });

  it('should read only one byte more of a stream than a datagram holds', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(10_000);
      })(),
    );
    const [datagram] = await sent(await outgoingDatagrams({ kind: 'stream', stream: endless }, signal));
    expect(datagram).toHaveLength(65_536);
  });
});
