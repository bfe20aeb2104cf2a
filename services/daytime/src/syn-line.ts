import { endpointText, type TcpConnection } from '@echo-daytime/sockets';

/** The reply to the request `syn`, without its line end: what the kernel kept of the SYN, and never a guess. */
export function synLine(connection: Pick<TcpConnection, 'peer' | 'takeSyn'>): string {
  const { peer } = connection;
  const syn = connection.takeSyn();
  if (!syn || !peer) return 'syn unavailable';
  const { dscp, mss = 'none', sack, timestamps, ttl, windowScale = 'none' } = syn;
  const fields = {
    mss,
    wscale: windowScale,
    sack: sack ? 'yes' : 'no',
    timestamps: timestamps ? 'yes' : 'no',
    ttl,
    dscp,
    peer: endpointText(peer),
  };
  return `syn ${Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}`;
}
