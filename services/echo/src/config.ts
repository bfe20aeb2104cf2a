import { unescapeC } from '@echo-daytime/c-escapes';
import {
  commonKeys,
  duration,
  onOff,
  optionalPort,
  port,
  size,
  tcpKeys,
  text,
  udpKeys,
  type Values,
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
    'What ends a message, C escapes; empty = every received chunk is a message',
    (value) => {
      unescapeC(value);
      return value;
    },
  ),
  dialogReply: text('server got:{message}', 'Answer to a message; the delimiter is appended', (value) => {
    new Template(value);
    return value;
  }),
  dialogGreeting: text('', 'What a client is sent on connecting; empty = nothing', (value) => {
    new Template(value, greetingPlaceholders);
    return value;
  }),
  dialogHold: duration(
    '0s',
    'After the greeting keep the connection this long, then close it; 0s = converse',
  ),
  dialogReadTimeout: duration('2s', 'How long the next message may take; 0s = IDLE_TIMEOUT'),
  dialogMaxMessage: size(
    { min: 1, max: 16 * 1024 * 1024 },
    '2KiB',
    'Longest message; a longer one is answered with an error and the connection closed',
  ),
  ...tcpKeys(),
  ...udpKeys(),
};

export type EchoConfig = Values<typeof keys>;
