import { formats } from '@echo-daytime/daytime-format';
import { choice, commonKeys, port, tcpKeys, timeZone, type Values } from '@echo-daytime/runtime';

export const keys = {
  ...commonKeys({ adminPort: '9013' }),
  port: port('7013', 'TCP port of the daytime listener'),
  format: choice(formats, 'rfc867', 'Format of the line that a connection gets'),
  tz: timeZone('UTC', 'Time zone of the line, an IANA name such as Europe/Berlin'),
  ...tcpKeys(),
};

export type DaytimeConfig = Values<typeof keys>;
