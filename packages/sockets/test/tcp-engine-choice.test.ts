import { afterEach, describe, expect, it, vi } from 'vitest';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

const { execArgv } = process;
afterEach(() => {
  vi.restoreAllMocks();
  process.execArgv = execArgv;
});

const missingFlags = (): void => {
  process.execArgv = execArgv.filter((flag) => flag !== '--no-concurrent-recompilation');
};
const noFfi = (): void => void vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);

const engineOf = (local: LocalListener) => local.listener.addresses.map(({ engine }) => engine);

describe('TCP_ENGINE', () => {
  it.each(['auto', 'epoll'] as const)(
    'should be epoll where it is %s',
    skipFor(notLinux),
    async (tcpEngine) => {
      await using local = await LocalListener.open({ tcpEngine });
      expect(engineOf(local)).toEqual(['epoll']);
      expect(local.notices).toEqual([]);
    },
  );

  it('should be net where it is net, and say nothing', async () => {
    await using local = await LocalListener.open({ tcpEngine: 'net' });
    expect(engineOf(local)).toEqual(['net']);
    expect(local.notices).toEqual([]);
  });

  it.each([
    ['this Node has no node:ffi', noFfi],
    [
      'node runs without --no-concurrent-recompilation; start it with these flags, as the image does',
      missingFlags,
    ],
  ])('should fall back to net with one line: %s', skipFor(notLinux), async (reason, prepare) => {
    prepare();
    await using local = await LocalListener.open({ host: ['127.0.0.1', '127.0.0.2'] });
    expect(engineOf(local)).toEqual(['net', 'net']);
    expect(local.notices).toEqual([
      { message: 'no epoll TCP here, node:net serves instead', listener: 'test-tcp', reason },
    ]);
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      using client = await TcpClient.connect(local.port, { host });
      expect(await client.ask('ping')).toBe('ping');
    }
  });

  it('should say once that no SYNs are kept, where they are to be', skipFor(notLinux), async () => {
    noFfi();
    await using local = await LocalListener.open({ tcpEngine: 'net', saveSyn: true });
    expect(local.notices).toEqual([
      {
        message: 'TCP_SAVE_SYN=on has no effect here',
        listener: 'test-tcp',
        reason: 'this Node has no node:ffi',
      },
    ]);
    using client = await TcpClient.connect(local.port);
    expect(await client.ask('ping')).toBe('ping');
    expect(local.connections.map((connection) => connection.takeSyn())).toEqual([undefined]);
  });

  it('should fail where epoll is asked for and does not work', skipFor(notLinux), async () => {
    noFfi();
    await expect(LocalListener.open({ tcpEngine: 'epoll' })).rejects.toThrow(
      'test-tcp: TCP_ENGINE=epoll does not work here: this Node has no node:ffi; set TCP_ENGINE to auto or net',
    );
  });
});
