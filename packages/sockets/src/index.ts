export { endpointText, type Source } from './addresses.ts';
export { ListenError } from './bind.ts';
export { dataPlaneOf } from './listeners.ts';
export { type ProxyMode, proxyModes } from './proxy-policy.ts';
export { type TcpConnection, type TcpHandler, type TcpProtocol, TURN_BYTES } from './tcp-connection.ts';
export { type TcpCounters, tcpCounters } from './tcp-counters.ts';
export { TcpListener, type TcpListenerOptions } from './tcp-listener.ts';
export { type UdpCounters, udpCounters } from './udp-counters.ts';
export { UdpListener, type UdpListenerOptions, type UdpProtocol } from './udp-listener.ts';
