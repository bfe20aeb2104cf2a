import type { UdpProtocol } from '@echo-daytime/sockets';

/** RFC 862, UDP based echo service: the data of a datagram goes back in one reply datagram. */
export const echoUdp: UdpProtocol = (request) => request;
