import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { leaks } from './leaks.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

it.each([
  // Versions.
  ['v26.10.0', 'v26.10.0'],
  ['{"error":"needs v26.10 or newer"}', 'v26.10'],
  ['Server: node/26.10.0', 'node/26.10.0'],
  ['running on Node 26', 'Node 26'],
  ['running on Node.js 26.', 'Node.js 26'],
  ['OpenSSL 3.5.1', '3.5.1'],
  ['built with OpenSSL 3', 'OpenSSL 3'],
  ['Server: nginx/1.25', 'nginx/1.25'],
  ['fails in release 0.1.0-rc.2.', '0.1.0-rc.2.'],
  // Paths.
  ['cannot open /app/src/main', '/app/src/main'],
  ['{"error":"/opt/node/x is missing"}', '/opt/node/x'],
  ["ENOENT: no such file, open '/etc/passwd'", '/etc/passwd'],
  ['in /opt/echo', '/opt/echo'],
  ['in /elsewhere/packages/worker', '/elsewhere/packages/worker'],
  ['file:///x', 'file:///x'],
  ['in main.js:7', 'main.js:7'],
  ['in data-plane.ts', 'data-plane.ts'],
  [`in ${checkout}`, checkout],
  // System errors about files, and contents of files.
  ["ENOENT: open 'x'", 'ENOENT'],
  ['EACCES', 'EACCES'],
  ['No such file or directory', 'No such file or directory'],
  ['root:x:0:0:root:/root:/bin/bash', 'root:x:0:0'],
  [String.raw`{"error":"daemon:*:1:1:\n"}`, 'daemon:*:1:1'],
  ['root:$6$salt$hash:19000:0:99999', 'root:$6$salt$hash:19000:0'],
  // Stacks.
  ['Error\n    at answer (main:10:5)', 'at answer (main:10:5'],
  [
    'at Object.<anonymous> (evalmachine.<anonymous>:1:1)',
    'at Object.<anonymous> (evalmachine.<anonymous>:1:1',
  ],
  [String.raw`{"stack":"no\n    at async all (index 0)"}`, String.raw`\n    at async`],
  ['TypeError: x', 'TypeError: '],
  ["Cannot read properties of undefined (reading 'x')", 'Cannot read properties'],
  ['Unexpected token', 'Unexpected token'],
  // Software that the service is built with.
  ['node:internal/modules', 'node:internal'],
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'FST_ERR_CTP_BODY_TOO_LARGE'],
  ['X-Powered-By: Fastify', 'Fastify'],
  ['ERR_INVALID_ARG', 'ERR_INVALID_ARG'],
  ['HPE_INVALID_METHOD', 'HPE_INVALID_METHOD'],
])('should find the leak in %j', (answer, leak) => {
  expect(leaks(answer)).toContain(leak);
});

it.each([
  ['HTTP/1.1 404 Not Found\r\nDate: Sun, 29 Nov 2026 02:46:55 GMT\r\nKeep-Alive: timeout=5\r\n\r\n'],
  ['{"error":"the request is malformed: its path, its body or its length"}'],
  ['{"error":"nothing at GET /nowhere/7"}'],
  ['{"error":"nothing at GET /api/targets/nobody?span=1h&span=6h"}'],
  ['{"error":"there is no target x","targets":["echo+tcp://127.0.0.1:44239","tcp://[::1]:7"]}'],
  ['{"error":"buckets=1e9 must be a whole number from 1 to 2000"}'],
  ['{"status":"alive","heartbeatAgeSeconds":0.243}'],
  ['{"listener":"echo-tcp","protocol":"tcp","address":"192.0.2.10","port":7007}'],
  ['{"rttMs":{"p50":0.1,"p99":12.25},"intervalMs":1000,"allow":"10.0.0.0/8"}'],
  ['nodejs_heap_size_used_bytes 28705032\nprocess_cpu_seconds_total 0.259423'],
  ['Sunday, November 29, 2026 02:46:55-UTC\r\n'],
  ['1795920415\r\n'],
  ['it broke at 02:46:55'],
  ['server got:hello\t'],
  ['<link rel="stylesheet" href="/theme.css"><path d="M12 3 22 20.5H2zm0 6.5v5m0 2.6v.2"/>'],
])('should find nothing in %j', (answer) => {
  expect(leaks(answer)).toEqual([]);
});
