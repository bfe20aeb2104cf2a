import { commonKeys, onOff, port, tcpKeys, udpKeys, type Values } from '@echo-daytime/runtime';

export const keys = {
  ...commonKeys({ adminPort: '9007' }),
  port: port('7007', 'Port of the echo listeners, TCP and UDP'),
  tcp: onOff('on', 'Echo over TCP'),
  udp: onOff('on', 'Echo over UDP'),
  ...tcpKeys(),
  ...udpKeys(),
};

export type EchoConfig = Values<typeof keys>;

export function check(config: EchoConfig): string[] {
  return config.tcp || config.udp
    ? []
    : ['TCP=off and UDP=off leave nothing to serve; switch one of them on'];
}
