import { describe, expect, it } from 'vitest';
import { takeSample, takeSamples } from '../clocked-samples.ts';
import { freeTcpPort, type Peer, tcpPeer } from '../peers.ts';

/** A dialog server; the test makes the reply to each message. */
function dialogPeer(
  answer: (message: string, count: number) => string | undefined,
  delimiter = '\t',
): Promise<Peer> {
  return tcpPeer((socket) => {
    let pending = '';
    let count = 0;
    socket.on('data', (chunk: Buffer) => {
      const messages = (pending + chunk.toString('latin1')).split(delimiter);
      pending = messages.pop() ?? '';
      for (const message of messages) {
        count += 1;
        const text = answer(message, count);
        if (text !== undefined) socket.write(text, 'latin1');
      }
    });
    socket.on('end', () => socket.end());
  });
}

describe.each(['fresh', 'sticky'])('a dialog, %s', (flow) => {
  const urlOf = ({ port }: { readonly port: number }, more = ''): string =>
    `dialog+tcp://127.0.0.1:${port}?flow=${flow}${more}`;

  it('should be ok with the reply that belongs to the message', async () => {
    const messages: string[] = [];
    await using peer = await dialogPeer((message) => {
      messages.push(message);
      return `server got:${message}\t`;
    });
    const { samples, duplicates } = await takeSamples(urlOf(peer), 4);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(duplicates).toBe(0);
    expect(new Set(messages).size).toBe(messages.length);
    expect(messages[0]).toMatch(/^probe-[0-9a-f]{8}-0$/);
  });

  it('should use the delimiter and expect the reply of the URL', async () => {
    await using peer = await dialogPeer((message) => `<${message}>\0 ${message}\r\n`, '\r\n');
    const query = `&delimiter=${encodeURIComponent('\\r\\n')}&expect=${encodeURIComponent('<{message}>\\0 {message}')}`;
    expect(await takeSample(urlOf(peer, query))).toMatchObject({ outcome: 'ok', detail: '' });
    await using constant = await dialogPeer(() => 'ready;', ';');
    const { samples } = await takeSamples(urlOf(constant, '&delimiter=;&expect=ready'), 3);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
  });

  it('should be corrupt with another reply, and quote both', async () => {
    await using peer = await dialogPeer((message) => `server got:${message.toUpperCase()}\t`);
    const { outcome, detail } = await takeSample(urlOf(peer));
    expect(outcome).toBe('corrupt');
    expect(detail).toMatch(
      /^the answer is "server got:PROBE-[0-9A-F]{8}-0\\t", expected was "server got:probe-[0-9a-f]{8}-0\\t"$/,
    );
    await using endless = await tcpPeer((socket) =>
      socket.once('data', () => socket.write('x'.repeat(70_000))),
    );
    expect(await takeSample(urlOf(endless))).toMatchObject({ outcome: 'corrupt' });
  });

  it('should be truncated, closed, read_timeout or refused, as the peer behaves', async () => {
    await using cutting = await tcpPeer((socket) => socket.once('data', () => socket.end('server')));
    expect((await takeSample(urlOf(cutting))).outcome).toBe('truncated');
    await using closing = await tcpPeer((socket) => socket.once('data', () => socket.end()));
    expect((await takeSample(urlOf(closing))).outcome).toBe('closed');
    await using silent = await dialogPeer(() => undefined);
    expect((await takeSample(urlOf(silent, '&timeout=200ms'))).outcome).toBe('read_timeout');
    expect((await takeSample(urlOf({ port: await freeTcpPort() }))).outcome).toBe('refused');
  });
});

describe('a fresh dialog', () => {
  it('should treat each chunk as a message where there is no delimiter', async () => {
    await using peer = await tcpPeer((socket) =>
      socket.once('data', (chunk) => socket.write(`server got:${chunk}`)),
    );
    expect((await takeSample(`dialog+tcp://127.0.0.1:${peer.port}?delimiter=`)).outcome).toBe('ok');
  });
});

describe('a sticky dialog', () => {
  it('should know which sample has no reply, and count duplicates', async () => {
    await using peer = await dialogPeer((message, count) => {
      if (count === 2) return undefined;
      const text = `server got:${message}\t`;
      return count === 3 ? text + text : text;
    });
    const url = `dialog+tcp://127.0.0.1:${peer.port}?flow=sticky&timeout=200ms`;
    const { samples, duplicates } = await takeSamples(url, 5);
    const ordered = samples.toSorted((one, other) => one.sequence - other.sequence);
    expect(ordered.map(({ outcome }) => outcome)).toEqual(['ok', 'lost', 'ok', 'ok', 'ok']);
    expect(duplicates).toBe(1);
  });
});

describe('a target that is only connected to', () => {
  it('should be ok when it accepts, with its phases, and get no bytes', async () => {
    const received: Buffer[] = [];
    await using peer = await tcpPeer((socket) => socket.on('data', (chunk: Buffer) => received.push(chunk)));
    const { outcome, phases, rttMs } = await takeSample(`tcp://127.0.0.1:${peer.port}`);
    expect(outcome).toBe('ok');
    expect(Object.keys(phases).sort()).toEqual(['connect', 'total']);
    expect(rttMs).toBeGreaterThanOrEqual(phases.total ?? Number.NaN);
    expect(received).toEqual([]);
  });

  it('should be refused where nothing listens', async () => {
    expect((await takeSample(`tcp://127.0.0.1:${await freeTcpPort()}`)).outcome).toBe('refused');
  });
});
