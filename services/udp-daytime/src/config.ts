import { formats } from '@echo-daytime/daytime-format';
import { choice, commonKeys, port, timeZone, udpKeys, type Values, wholeNumber } from '@echo-daytime/runtime';

/** Largest payload of a UDP datagram over IPv4: 65535 bytes minus the headers of IP and UDP. */
const MAX_PAYLOAD_BYTES = 65_507;

export const keys = {
  ...commonKeys({ adminPort: '9113' }),
  port: port('7013', 'UDP port of the daytime listener'),
  format: choice(formats, 'rfc867', 'Format of the line that a datagram is answered with'),
  tz: timeZone('UTC', 'Time zone of the line, an IANA name such as Europe/Berlin'),
  minRequestBytes: wholeNumber(
    { min: 0, max: MAX_PAYLOAD_BYTES },
    '0',
    'Shorter requests get no reply, so that forged requests are not amplified; RFC 867 says 0',
  ),
  ...udpKeys(),
};

export type UdpDaytimeConfig = Values<typeof keys>;
