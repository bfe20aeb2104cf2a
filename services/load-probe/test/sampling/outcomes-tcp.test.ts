import { describe, expect, it } from 'vitest';
import { takeSample } from '../clocked-samples.ts';
import { echoing, flipBit, freeTcpPort, fullPeer, tcpPeer } from '../peers.ts';
import { takeTimelySample } from '../take-samples.ts';

const LARGE = '8MiB';

describe('an echo over TCP', () => {
  it('should be ok, with its phases, when the bytes come back', async () => {
    await using peer = await tcpPeer(echoing);
    const sample = await takeTimelySample(`echo+tcp://127.0.0.1:${peer.port}`);
    expect(sample).toMatchObject({ outcome: 'ok', detail: '' });
    const { connect = 0, first_byte = 0, total = 0, dns } = sample.phases;
    expect(dns).toBeUndefined();
    expect(connect).toBeGreaterThan(0);
    expect(first_byte).toBeGreaterThan(0);
    expect(total).toBeGreaterThanOrEqual(connect + first_byte);
    expect(sample.rttMs).toBeGreaterThanOrEqual(total);
  });

  it('should look a name up for each sample', async () => {
    await using peer = await tcpPeer(echoing);
    const sample = await takeTimelySample(`echo+tcp://localhost:${peer.port}`);
    expect(sample.outcome).toBe('ok');
    expect(sample.phases.dns).toBeGreaterThan(0);
  });

  it('should write and read a payload larger than all buffers at the same time', async () => {
    await using peer = await tcpPeer(echoing);
    const sample = await takeSample(`echo+tcp://127.0.0.1:${peer.port}?size=${LARGE}&timeout=1m`);
    expect(sample.outcome).toBe('ok');
  });

  it('should be refused where nothing listens', async () => {
    const port = await freeTcpPort();
    expect(await takeSample(`echo+tcp://127.0.0.1:${port}`)).toMatchObject({
      outcome: 'refused',
      detail: `nothing listens on 127.0.0.1:${port} (ECONNREFUSED)`,
      rttMs: undefined,
    });
  });

  it('should be reset by a peer that resets', async () => {
    await using peer = await tcpPeer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await takeSample(`echo+tcp://127.0.0.1:${peer.port}`)).toMatchObject({
      outcome: 'reset',
      detail: `127.0.0.1:${peer.port} reset the connection (ECONNRESET)`,
    });
  });

  it('should be reset, not truncated, by a peer that resets after some bytes', async () => {
    await using peer = await tcpPeer((socket) =>
      socket.once('data', (bytes: Buffer) => {
        // The bytes must arrive before the reset.
        socket.write(bytes.subarray(0, 10), () => setTimeout(() => socket.resetAndDestroy(), 50));
      }),
    );
    const sample = await takeSample(`echo+tcp://127.0.0.1:${peer.port}`);
    expect(sample).toMatchObject({
      outcome: 'reset',
      detail: `127.0.0.1:${peer.port} reset the connection (ECONNRESET)`,
    });
    expect(sample.phases).toHaveProperty('first_byte');
  });

  it('should be ok, and slow, when the reply is delayed', async () => {
    await using peer = await tcpPeer((socket) =>
      socket.on('data', (bytes: Buffer) => void setTimeout(() => socket.write(bytes), 200)),
    );
    const sample = await takeSample(`echo+tcp://127.0.0.1:${peer.port}`);
    expect(sample.outcome).toBe('ok');
    expect(sample.rttMs).toBeGreaterThan(190);
  });

  it('should be closed by a peer that closes without a reply', async () => {
    await using peer = await tcpPeer((socket) => socket.once('data', () => socket.end()));
    expect(await takeSample(`echo+tcp://127.0.0.1:${peer.port}`)).toMatchObject({
      outcome: 'closed',
      detail: `127.0.0.1:${peer.port} closed the connection without an answer`,
    });
  });

  it('should be truncated by a peer that closes after a part of the reply', async () => {
    await using peer = await tcpPeer((socket) =>
      socket.once('data', (bytes: Buffer) => socket.end(bytes.subarray(0, 10))),
    );
    expect(await takeSample(`echo+tcp://127.0.0.1:${peer.port}`)).toMatchObject({
      outcome: 'truncated',
      detail: `127.0.0.1:${peer.port} sent the first 10 of 64 bytes and closed the connection`,
    });
  });

  it('should be corrupt when one bit changes, and say where', async () => {
    await using peer = await tcpPeer((socket) =>
      socket.on('data', (bytes: Buffer) => socket.write(flipBit(bytes, 40))),
    );
    // Byte 40 is the filler's 20th: value 20.
    expect(await takeSample(`echo+tcp://127.0.0.1:${peer.port}`)).toMatchObject({
      outcome: 'corrupt',
      detail: 'byte 40 came back as 0x15, sent was 0x14',
    });
  });

  it('should be corrupt when more comes back than was sent', async () => {
    await using peer = await tcpPeer((socket) =>
      socket.on('data', (bytes: Buffer) => socket.write(Buffer.concat([bytes, bytes]))),
    );
    expect(await takeSample(`echo+tcp://127.0.0.1:${peer.port}`)).toMatchObject({
      outcome: 'corrupt',
      detail: 'more than the 64 bytes sent came back',
    });
  });

  it('should be a read timeout when the peer never replies', async () => {
    await using peer = await tcpPeer((socket) => socket.resume());
    expect(await takeSample(`echo+tcp://127.0.0.1:${peer.port}?timeout=300ms`)).toMatchObject({
      outcome: 'read_timeout',
      detail: `127.0.0.1:${peer.port} sent 0 of 64 bytes within 300 ms`,
    });
  });

  it('should be a write timeout when the peer does not read', async () => {
    await using peer = await tcpPeer((socket) => socket.pause());
    const url = `echo+tcp://127.0.0.1:${peer.port}?timeout=500ms&size=16MiB`;
    expect(await takeSample(url)).toMatchObject({
      outcome: 'write_timeout',
      // The kernel of the peer may drop what its full buffer does not take.
      detail: expect.stringMatching(
        /^127\.0\.0\.1:\d+ did not take the whole request within 500 ms(; \d+ segments? retransmitted)?$/,
      ),
    });
  });

  it('should be a connect timeout when SYNs are dropped', async () => {
    await using peer = await fullPeer();
    const sample = await takeSample(`echo+tcp://127.0.0.1:${peer.port}?timeout=90ms`);
    expect(sample.outcome).toBe('connect_timeout');
    // From the second SYN on, a second later, the kernel has more to tell, however little of it is this clock's.
    expect(sample.detail).toMatch(
      /^no connection to 127\.0\.0\.1:\d+ within \d+ ms(: dropped on the way, or .* full backlog$|; the accept queue )/,
    );
  });

  it('should be a connect timeout that names a full accept queue of this host', async () => {
    await using peer = await fullPeer();
    const sample = await takeSample(`echo+tcp://127.0.0.1:${peer.port}?timeout=1500ms`);
    expect(sample.outcome).toBe('connect_timeout');
    expect(sample.detail).toMatch(
      /^no connection to 127\.0\.0\.1:\d+ within \d+ ms; the accept queue of the listener, which is on this host, is full: 2 connections wait to be accepted, and this host dropped \d+ more meanwhile$/,
    );
  });

  it('should be unreachable without a route', async () => {
    // Linux refuses a TCP connect to a broadcast address for any routes.
    expect(await takeSample('echo+tcp://255.255.255.255:7')).toMatchObject({
      outcome: 'unreachable',
      detail: 'there is no route to the network of 255.255.255.255:7 (ENETUNREACH)',
    });
  });

  it('should be dns when the name has no address', async () => {
    const sample = await takeSample('echo+tcp://does-not-exist.invalid:7');
    expect(sample.outcome).toBe('dns');
    expect(sample.detail).toMatch(/does-not-exist\.invalid.*\((ENOTFOUND|EAI_AGAIN)\)$/);
  });
});

describe('a daytime over TCP', () => {
  const answering = (text: string) => tcpPeer((socket) => socket.end(text));

  it('should be ok with a line that is a time', async () => {
    await using peer = await answering('Friday, November 20, 2026 07:13:05-UTC\r\n');
    expect((await takeSample(`daytime+tcp://127.0.0.1:${peer.port}`)).outcome).toBe('ok');
  });

  it('should be malformed with another line', async () => {
    await using peer = await answering('go away\r\n');
    const sample = await takeSample(`daytime+tcp://127.0.0.1:${peer.port}`);
    expect(sample.outcome).toBe('malformed');
    expect(sample.detail).toContain('go away');
  });

  it('should be malformed when it never stops', async () => {
    await using peer = await tcpPeer((socket) => socket.write('x'.repeat(10_000)));
    expect((await takeSample(`daytime+tcp://127.0.0.1:${peer.port}`)).outcome).toBe('malformed');
  });

  it('should be closed without a line', async () => {
    await using peer = await answering('');
    expect(await takeSample(`daytime+tcp://127.0.0.1:${peer.port}`)).toMatchObject({
      outcome: 'closed',
      detail: `127.0.0.1:${peer.port} closed the connection without a line`,
    });
  });

  it('should be a read timeout when the peer says the time but does not close', async () => {
    await using peer = await tcpPeer((socket) => socket.write('Fri Nov 20 07:13:05 2026\r\n'));
    expect(await takeSample(`daytime+tcp://127.0.0.1:${peer.port}?timeout=300ms`)).toMatchObject({
      outcome: 'read_timeout',
      detail: `127.0.0.1:${peer.port} sent 26 bytes but did not close the connection within 300 ms`,
    });
  });
});
