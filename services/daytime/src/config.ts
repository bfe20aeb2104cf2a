import { formats } from '@echo-daytime/daytime-format';
import {
  choice,
  commonKeys,
  identityKeys,
  onOff,
  optionalPort,
  port,
  size,
  tcpKeys,
  timeZone,
  type Values,
} from '@echo-daytime/runtime';

export const keys = {
  ...commonKeys({ adminPort: '9013' }),
  port: port('7013', 'TCP port of the daytime listener'),
  format: choice(
    formats,
    'rfc867',
    "Format of a connection's line, and of the reply to a session request that names no format",
  ),
  tz: timeZone('UTC', 'Time zone of the line, an IANA name such as Europe/Berlin'),
  sessionPort: optionalPort('7014', 'TCP port of the session listener'),
  maxRequest: size(
    { min: 16, max: 65_536 },
    '128',
    'Longest request of a session; a longer request ends the session',
  ),
  tcpSaveSyn: onOff(
    'off',
    'Sessions answer the request syn with the SYN of their connection as it was received; on Linux',
  ),
  ...identityKeys(),
  ...tcpKeys(),
};

export type DaytimeConfig = Values<typeof keys>;
