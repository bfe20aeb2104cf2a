import { expect, it } from 'vitest';
import { parseMetrics } from '../../harness/metrics.ts';
import { ClientCounts, CountedListener } from './accounting.ts';

const ACCEPTED = 'l4_tcp_connections_accepted_total';
const CLOSED = 'l4_tcp_connections_closed_total';
const RECEIVED = 'l4_tcp_received_bytes_total';

const shown = (lines: readonly string[]) => parseMetrics(lines.join('\n'));

it('should find no difference where service and clients count the same', () => {
  const counts = new ClientCounts();
  const listener = new CountedListener(counts, 'echo-tcp', 0);
  for (const _ of [1, 2]) listener.add(ACCEPTED, 1);
  listener.addBy(CLOSED, { reason: 'client' });
  listener.add(RECEIVED, 100, 50);
  const differences = (received: number): string[] =>
    counts.differences(
      shown([
        `${ACCEPTED}{listener="echo-tcp"} 2`,
        `${CLOSED}{reason="client",listener="echo-tcp"} 1`,
        `${RECEIVED}{listener="echo-tcp"} ${received}`,
        'l4_data_plane_workers 1',
      ]),
    );
  expect([100, 125, 150].flatMap(differences)).toEqual([]);
  expect([99, 151].flatMap(differences)).toEqual([
    `${RECEIVED}{listener="echo-tcp"} is 99, the clients counted 100 to 150`,
    `${RECEIVED}{listener="echo-tcp"} is 151, the clients counted 100 to 150`,
  ]);
});

it('should report counts that only the service or only the clients have', () => {
  const counts = new ClientCounts();
  counts.add(ACCEPTED, { listener: 'echo-tcp' }, 1);
  expect(counts.differences(shown([`${CLOSED}{listener="echo-tcp",reason="error"} 1`]))).toEqual([
    `${CLOSED}{listener="echo-tcp",reason="error"} is 1, the clients counted 0`,
    `${ACCEPTED}{listener="echo-tcp"} is missing, the clients counted 1`,
  ]);
  expect(counts.sum(ACCEPTED)).toBe(1);
});
