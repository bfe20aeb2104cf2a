import * as daytimeTcp from './daytime-tcp-checks.ts';
import * as text from './daytime-text.ts';
import * as daytimeUdp from './daytime-udp-checks.ts';
import * as echoTcp from './echo-tcp-checks.ts';
import * as echoUdp from './echo-udp-checks.ts';
import type { Check, PortKey } from './target.ts';

/** The parts of the two RFCs; neither numbers them. */
export type Section = 'introduction' | 'TCP based service' | 'UDP based service' | 'syntax';

export type ClauseId = `${Clause['rfc']}-${'tcp' | 'udp'}-${number}`;

export interface Clause {
  readonly id: ClauseId;
  readonly rfc: 862 | 867;
  readonly section: Section;
  /** `suggested`: recommended by the RFC or, for 867-tcp-7, by RFC 1122; a server without it still conforms. */
  readonly level: 'required' | 'suggested';
  /** What the RFC requires of a server, in our words. */
  readonly text: string;
  readonly port: PortKey;
  readonly check: Check;
}

type Row = readonly [section: Section, text: string, check: Check];

const { readDaytimeTcp } = daytimeTcp;
const { readDaytimeUdp } = daytimeUdp;

const syntaxText = {
  printing: 'sends nothing but printing ASCII characters, space, CR and LF',
  line: 'sends just one line',
  popular: 'uses one of the two syntaxes called popular',
};

/**
 * What the two RFCs ask of a server. The first clause of each port is that there is one at all. The number of
 * the port is the operator's choice; 7 and 13 are the assigned ports.
 */
export const clauses: readonly Clause[] = [
  ...numbered('862-tcp-', 1, 'required', 'echoTcpPort', [
    ['TCP based service', 'listens for connections', echoTcp.acceptsConnections],
    ['TCP based service', 'sends back what it receives, whatever the bytes', echoTcp.returnsEveryByteValue],
    ['TCP based service', 'sends back any data: a single byte, no line needed', echoTcp.returnsOneByte],
    ['TCP based service', 'sends back any data: 1 MiB, in order', echoTcp.returnsLargeAmounts],
    ['introduction', 'sends back just that: no greeting, no farewell', echoTcp.addsNothing],
    [
      'TCP based service',
      'goes on until the user ends, whatever the data says',
      echoTcp.goesOnUntilTheUserEnds,
    ],
    ['TCP based service', 'sends back all that came before the FIN', echoTcp.returnsAllThatCameBeforeTheEnd],
    ['TCP based service', 'ends the connection when the user has', echoTcp.endsWhenTheUserEnds],
    ['introduction', 'answers the source of the data alone', echoTcp.answersTheSenderOverTcp],
  ]),
  ...numbered('862-udp-', 1, 'required', 'echoUdpPort', [
    ['UDP based service', 'listens for datagrams and answers them', echoUdp.answersDatagrams],
    [
      'UDP based service',
      'sends back what it receives, whatever the bytes',
      echoUdp.returnsEveryByteValueOverUdp,
    ],
    ['UDP based service', 'sends the data back whole: 1, 548, 1472 bytes', echoUdp.returnsCommonSizes],
    ['UDP based service', 'sends the data back whole: 8192, 65507 bytes', echoUdp.returnsLargeSizes],
    ['UDP based service', 'answers a datagram without data with another', echoUdp.returnsAnEmptyDatagram],
    ['UDP based service', 'answers one datagram with one datagram', echoUdp.answersOnceEach],
    ['introduction', 'answers the source of the data alone', echoUdp.answersTheSenderOverUdp],
  ]),
  ...numbered('867-tcp-', 1, 'required', 'daytimeTcpPort', [
    ['TCP based service', 'listens for connections', echoTcp.acceptsConnections],
    ['TCP based service', 'sends as soon as there is a connection, unasked', daytimeTcp.speaksFirst],
    ['TCP based service', 'sends the current date and time', text.sendsCurrentTime(readDaytimeTcp)],
    ['TCP based service', 'sends an ASCII string', text.sendsAscii(readDaytimeTcp)],
    ['TCP based service', 'throws away what it receives', daytimeTcp.throwsInputAway],
    ['TCP based service', 'closes the connection after sending', daytimeTcp.closesAfterSending],
  ]),
  ...numbered('867-tcp-', 7, 'suggested', 'daytimeTcpPort', [
    ['TCP based service', 'closes with FIN, not RST, when there was input', daytimeTcp.readsWhatItThrowsAway],
    ['syntax', syntaxText.printing, text.sendsPrintingCharacters(readDaytimeTcp)],
    ['syntax', syntaxText.line, text.sendsOneLine(readDaytimeTcp)],
    ['syntax', syntaxText.popular, text.sendsPopularSyntax(readDaytimeTcp)],
  ]),
  ...numbered('867-udp-', 1, 'required', 'daytimeUdpPort', [
    ['UDP based service', 'listens for datagrams and answers them', daytimeUdp.answersADatagram],
    ['UDP based service', 'answers a datagram without data', daytimeUdp.answersAnEmptyDatagram],
    ['UDP based service', 'sends the current date and time', text.sendsCurrentTime(readDaytimeUdp)],
    ['UDP based service', 'sends an ASCII string', text.sendsAscii(readDaytimeUdp)],
    ['UDP based service', 'ignores the data it receives', daytimeUdp.ignoresTheData],
    ['UDP based service', 'answers one datagram with one datagram', daytimeUdp.answersOneDatagram],
  ]),
  ...numbered('867-udp-', 7, 'suggested', 'daytimeUdpPort', [
    ['syntax', syntaxText.printing, text.sendsPrintingCharacters(readDaytimeUdp)],
    ['syntax', syntaxText.line, text.sendsOneLine(readDaytimeUdp)],
    ['syntax', syntaxText.popular, text.sendsPopularSyntax(readDaytimeUdp)],
  ]),
];

function numbered(
  prefix: '862-tcp-' | '862-udp-' | '867-tcp-' | '867-udp-',
  first: number,
  level: Clause['level'],
  port: PortKey,
  rows: readonly Row[],
): Clause[] {
  const rfc = prefix.startsWith('862') ? 862 : 867;
  return rows.map(([section, text, check], index) => ({
    id: `${prefix}${first + index}`,
    rfc,
    section,
    level,
    text,
    port,
    check,
  }));
}
