export type { Clock } from '@echo-daytime/linux';
export { ListenError } from './bind.ts';
export { type Endpoint, endpointText } from './endpoint.ts';
export { dataPlaneOf, openListeners, tcpListener, udpListener } from './listener-spec.ts';
export { type ProxyMode, proxyModes } from './policy/proxy-protocol.ts';
export type { TcpConnection, TcpProtocol } from './tcp/connection.ts';
export { type TcpCounters, tcpCounters } from './tcp/counters.ts';
export { ignore, type TcpHandler, TURN_BYTES } from './tcp/handler.ts';
export { TcpListener, type TcpListenerOptions } from './tcp/listener.ts';
export { type UdpCounters, udpCounters } from './udp/counters.ts';
export type {
  HeaderProtocol,
  RequestHeader,
  UdpEngineChoice,
  UdpListenerOptions,
  UdpProtocol,
} from './udp/engine.ts';
export { UdpListener } from './udp/listener.ts';
