import { unescapeC } from '@echo-daytime/c-escapes';
import {
  commonKeys,
  duration,
  identityKeys,
  onOff,
  optionalPort,
  port,
  size,
  tcpKeys,
  text,
  udpKeys,
  type Values,
  wholeNumber,
} from '@echo-daytime/runtime';
import { greetingPlaceholders, Template } from './dialog/template.ts';

export const keys = {
  ...commonKeys({ adminPort: '9007' }),
  port: port('7007', 'Port of the echo listeners, TCP and UDP'),
  tcp: onOff('on', 'Echo over TCP'),
  udp: onOff('on', 'Echo over UDP'),
  dialogPort: optionalPort('7008', 'TCP port of the dialog listener'),
  dialogDelimiter: text(
    '\\t',
    'Delimiter that ends a message, C escapes; empty = every received chunk is a message',
    (value) => {
      unescapeC(value);
      return value;
    },
  ),
  dialogReply: text('server got:{message}', 'Reply to a message; the delimiter is appended', (value) => {
    new Template(value);
    return value;
  }),
  dialogGreeting: text('', 'Sent to a client when it connects; empty = nothing', (value) => {
    new Template(value, greetingPlaceholders);
    return value;
  }),
  dialogHold: duration(
    '0s',
    'Send only the greeting and close the connection after this long; 0s = read messages',
  ),
  dialogReadTimeout: duration('2s', 'Longest wait for the next message; 0s = IDLE_TIMEOUT'),
  dialogMaxMessage: size(
    { min: 1, max: 16 * 1024 * 1024 },
    '2KiB',
    'Longest message; a longer message gets an error and closes the connection',
  ),
  stampPort: optionalPort('7862', 'UDP port of the STAMP reflector'),
  stampMaxSessions: wholeNumber(
    { min: 1, max: 16_777_216 },
    '65536',
    'STAMP test sessions that are remembered; further ones get stateless replies',
  ),
  stampSessionTimeout: duration(
    '5m',
    'A STAMP test session without a request for this long is forgotten; 0s = never',
  ),
  ...identityKeys(),
  ...tcpKeys(),
  ...udpKeys(),
};

export type EchoConfig = Values<typeof keys>;
