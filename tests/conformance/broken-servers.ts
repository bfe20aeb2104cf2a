import { createSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type FormatName, formatDaytime, openZone } from '@echo-daytime/daytime-format';
import { brokenReflectors } from './broken-reflectors.ts';
import {
  type BrokenServer,
  notListening,
  reply,
  type TcpHandler,
  tcp,
  type UdpHandler,
  udp,
} from './broken-server.ts';

const DAY_MS = 86_400_000;
const utc = openZone('UTC');

/** At least one for each clause. */
export const brokenServers: readonly BrokenServer[] = [
  notListening('tcp', '862-tcp-1'),
  tcp(
    '862-tcp-2',
    'clears the eighth bit',
    /byte 128 of 256 was sent as 0x80 and came back as 0x00/,
    (socket) => {
      socket.on('data', (chunk: Buffer) => socket.write(Buffer.from(chunk.map((byte) => byte & 0x7f))));
    },
  ),
  tcp('862-tcp-3', 'waits for a line', /0 of 1 bytes had come after \d+ ms of silence/, (socket) => {
    let line = '';
    socket.on('data', (chunk: Buffer) => {
      line += chunk.toString('latin1');
      if (line.endsWith('\n')) socket.write(line);
    });
  }),
  tcp('862-tcp-4', 'forgets what is beyond 64 KiB', /65536 of 1048576 bytes had come/, (socket) => {
    let room = 65_536;
    socket.on('data', (chunk: Buffer) => {
      socket.write(chunk.subarray(0, room));
      room -= Math.min(room, chunk.length);
    });
  }),
  tcp('862-tcp-5', 'greets', /came back as 0x68/, (socket) => {
    socket.write('hello\r\n');
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
  }),
  tcp('862-tcp-5', 'says goodbye', /5 bytes came that were never sent/, (socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
    socket.on('end', () => socket.end('bye\r\n'));
  }),
  tcp(
    '862-tcp-6',
    'takes Ctrl-D for the end',
    /closed by the server when 0 of 1 bytes had come/,
    (socket) => {
      socket.on('data', (chunk: Buffer) => (chunk.includes(0x04) ? socket.end() : socket.write(chunk)));
    },
  ),
  tcp('862-tcp-7', 'drops unsent replies at the FIN', /of 8388608 bytes had come/, (socket) => {
    let held: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      socket.write(held);
      held = chunk;
    });
    socket.on('end', () => socket.end());
  }),
  tcp('862-tcp-7', 'closes at the FIN with answers unsent', /closed by the server when/, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      socket.write(chunk);
      // The system may take all answers before the FIN comes; of what is held back here it gets none.
      socket.cork();
    });
    socket.on('end', () => socket.destroy());
  }),
  tcp('862-tcp-8', 'never ends', /leaves the connection open/, (socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
  }),
  tcp('862-tcp-8', 'ends with a reset', /resets the connection/, (socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
    socket.on('end', () => socket.resetAndDestroy());
  }),
  tcp('862-tcp-9', 'answers whoever came last', /came back as|had come/, (socket, others) => {
    socket.on('data', (chunk: Buffer) => others.at(-1)?.write(chunk));
  }),

  notListening('udp', '862-udp-1'),
  udp(
    '862-udp-1',
    'answers from another port',
    /no answer from this address and port/,
    (_, request, source) => {
      const other = createSocket('udp4');
      other.send(request, source.port, source.address, () => other.close());
    },
  ),
  udp('862-udp-2', 'clears the eighth bit', /byte 128 of 256/, (socket, request, source) => {
    reply(socket, Buffer.from(request.map((byte) => byte & 0x7f)), source);
  }),
  udp('862-udp-3', 'has a buffer of 512 bytes', /sent 548 bytes, got 512 back/, (socket, request, source) => {
    reply(socket, request.subarray(0, 512), source);
  }),
  udp('862-udp-4', 'has a buffer of 8 KiB', /sent 65507 bytes, got 8192 back/, (socket, request, source) => {
    reply(socket, request.subarray(0, 8192), source);
  }),
  udp('862-udp-5', 'leaves out empty datagrams', /0 bytes sent: no answer/, (socket, request, source) => {
    if (request.length > 0) reply(socket, request, source);
  }),
  udp(
    '862-udp-6',
    'answers twice',
    /is not what one datagram held|answered twice/,
    (socket, request, source) => {
      reply(socket, request, source);
      reply(socket, request, source);
    },
  ),
  udp('862-udp-6', 'merges datagrams', /is not what one datagram held/, merging()),
  udp('862-udp-7', 'answers who came before', /came back as|no answer/, answeringThePrevious()),

  notListening('tcp', '867-tcp-1'),
  tcp('867-tcp-2', 'waits to be asked', /0 of 1 bytes had come after \d+ ms of silence/, (socket) => {
    socket.once('data', () => socket.end(now()));
  }),
  tcp('867-tcp-3', 'is a day late', /is 86\d{3} s from this host's time/, (socket) => {
    socket.end(at(Date.now() - DAY_MS));
  }),
  tcp('867-tcp-3', 'stands still', /the time stands still/, endWith(now())),
  tcp(
    '867-tcp-3',
    'sends no time',
    /no date and time that this program can read: "half past two"/,
    (socket) => {
      socket.end('half past two\r\n');
    },
  ),
  tcp('867-tcp-4', 'sends UTF-8', /byte 4 is 0xc3, which is not ASCII/, endWith('20 fév 2026\r\n')),
  tcp(
    '867-tcp-5',
    'takes input for a wish',
    /input changes the answer/,
    unaskedOnce((socket) => socket.end(now('iso8601'))),
  ),
  tcp(
    '867-tcp-5',
    'sends the input too',
    /no date and time that this program can read/,
    unaskedOnce((socket, chunk) => socket.end(Buffer.concat([Buffer.from(now()), chunk]))),
  ),
  tcp('867-tcp-6', 'leaves the connection open', /leaves the connection open/, (socket) => {
    socket.write(now());
  }),
  tcp('867-tcp-6', 'resets the connection', /resets the connection/, (socket) => {
    socket.write(now(), async () => {
      await untilRead();
      socket.resetAndDestroy();
    });
  }),
  tcp('867-tcp-7', 'closes without reading', /reset after|ECONNRESET|EPIPE/, (socket) => {
    socket.end(now(), () => socket.destroy());
  }),
  tcp('867-tcp-8', 'sends a tab', /byte 6 is 0x09/, endWith('20 NOV\t2026\r\n')),
  tcp('867-tcp-9', 'sends two lines', /more than one line/, (socket) => socket.end(now() + now())),
  tcp('867-tcp-10', 'sends ISO 8601', /the syntax is iso8601/, (socket) => socket.end(now('iso8601'))),

  notListening('udp', '867-udp-1'),
  udp('867-udp-2', 'leaves out empty datagrams', /0 bytes sent: no answer/, (socket, request, source) => {
    if (request.length > 0) reply(socket, now(), source);
  }),
  udp('867-udp-3', 'is a day early', /is 86\d{3} s from this host's time/, (socket, _, source) => {
    reply(socket, at(Date.now() + DAY_MS), source);
  }),
  udp('867-udp-4', 'sends UTF-8', /byte 4 is 0xc3, which is not ASCII/, (socket, _, source) => {
    reply(socket, '20 fév 2026\r\n', source);
  }),
  udp('867-udp-4', 'sends nothing', /there is no text at all/, (socket, _, source) =>
    reply(socket, '', source),
  ),
  udp('867-udp-5', 'takes words for wishes', /input changes the answer/, (socket, request, source) => {
    reply(socket, now(request.includes('what') ? 'iso8601' : 'rfc867'), source);
  }),
  udp('867-udp-6', 'answers twice', /answered twice/, (socket, _, source) => {
    reply(socket, now(), source);
    reply(socket, now(), source);
  }),
  udp('867-udp-7', 'sends a NUL', /byte 11 is 0x00/, (socket, _, source) =>
    reply(socket, '20 NOV 2026\0', source),
  ),
  udp('867-udp-8', 'sends two lines', /more than one line/, (socket, _, source) => {
    reply(socket, now() + now(), source);
  }),
  udp('867-udp-9', 'sends ctime', /the syntax is ctime/, (socket, _, source) =>
    reply(socket, now('ctime'), source),
  ),

  ...brokenReflectors,
];

function at(epochMs: number, format: FormatName = 'rfc867'): string {
  return formatDaytime(BigInt(epochMs) * 1_000_000n, format, utc);
}

function now(format?: FormatName): string {
  return at(Date.now(), format);
}

function endWith(text: string): TcpHandler {
  return (socket) => socket.end(text);
}

/** Sends the first client its line at once; the others are waited for. */
function unaskedOnce(answer: (socket: Socket, input: Buffer) => void): TcpHandler {
  return (socket, all) => {
    if (all.length === 1) socket.end(now());
    else socket.once('data', (input: Buffer) => answer(socket, input));
  };
}

/** The client is in this process: after so many turns of the event loop it has read what was written, however slowly. */
async function untilRead(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await setImmediate();
}

function merging(): UdpHandler {
  const pending: Buffer[] = [];
  return (socket, request, source) => {
    pending.push(request);
    if (pending.length === 2) reply(socket, Buffer.concat(pending.splice(0)), source);
  };
}

function answeringThePrevious(): UdpHandler {
  let previous: Parameters<UdpHandler>[2] | undefined;
  return (socket, request, source) => {
    reply(socket, request, previous ?? source);
    previous = source;
  };
}
