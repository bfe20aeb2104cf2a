import * as daytimeTcp from './daytime-tcp-checks.ts';
import * as text from './daytime-text.ts';
import * as daytimeUdp from './daytime-udp-checks.ts';
import * as echoTcp from './echo-tcp-checks.ts';
import * as echoUdp from './echo-udp-checks.ts';
import * as stamp from './stamp-checks.ts';
import * as stampTlv from './stamp-tlv-checks.ts';
import type { Check, PortKey } from './target.ts';

/** The parts of RFC 862 and RFC 867, which do not number them; the numbers of sections of RFC 8762 and RFC 8972. */
export type Section =
  | 'introduction'
  | 'TCP based service'
  | 'UDP based service'
  | 'syntax'
  | `${number}`
  | `4.3.1`;

export type ClauseId = `${Clause['rfc']}-${'tcp' | 'udp'}-${number}`;

export interface Clause {
  readonly id: ClauseId;
  readonly rfc: 862 | 867 | 8762 | 8972;
  readonly section: Section;
  /** `suggested`: recommended by the RFC or, for 867-tcp-7, by RFC 1122, for 8762-udp-10 by RFC 4656. */
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
 * What the RFCs ask of a server. The first clause of each port is that there is one at all. The number of
 * the port is the operator's choice; 7, 13 and 862 are the assigned ports.
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
  ...numbered('8762-udp-', 1, 'required', 'stampPort', [
    ['4.3', 'listens for test packets and answers them', stamp.answersTestPackets],
    ['4.3', 'answers with packets as long: 44, 48, 548, 1472 bytes', stamp.keepsTheLength],
    [
      '4.3.1',
      'repeats sequence number, timestamp and error estimate of the request',
      stamp.repeatsTheRequest,
    ],
    ['4.3', 'counts the packets of each session from 0 on, or repeats their numbers', stamp.countsPackets],
    ['4.3.1', 'tells when it received the request and sent the reply', stamp.tellsItsTimes],
    ['4.3.1', 'has zeros where a reply must be zero', stamp.zeroesWhatMustBeZero],
    ['4.3.1', 'ignores what is not zero where a request must be', stamp.ignoresWhatMustBeZero],
    ['4.3.1', 'tells the TTL that the request arrived with', stamp.tellsTheTtl],
    ['4.3.1', 'has an error estimate with a multiplier', stamp.hasAMultiplier],
  ]),
  ...numbered('8762-udp-', 10, 'suggested', 'stampPort', [
    ['4.3', 'discards corrupt packets: a multiplier of 0', stamp.discardsCorruptPackets],
  ]),
  ...numbered('8972-udp-', 1, 'required', 'stampPort', [
    ['3', 'repeats the SSID of the request', stampTlv.repeatsTheSessionId],
    ['3', 'tells the sessions of one source port apart by their SSID', stampTlv.tellsSessionsApart],
    ['4', 'sets the U flag of a TLV that it does not know, and keeps the rest', stampTlv.marksUnknownTlvs],
    ['4.1', 'clears the U flag of extra padding, and keeps the padding', stampTlv.understandsPadding],
    ['4', 'sets the M flag of a TLV that the packet is too short for', stampTlv.marksMalformedTlvs],
    ['4.4', 'tells DSCP and ECN as received, or sets the U flag', stampTlv.tellsTheClassOfService],
    ['4.5', 'counts the packets of a direct measurement, or sets the U flag', stampTlv.measuresDirectly],
    ['4.7', 'tells when it sent the reply before, or sets the U flag', stampTlv.tellsOfTheReplyBefore],
  ]),
];

function numbered(
  prefix: `${Clause['rfc']}-${'tcp' | 'udp'}-`,
  first: number,
  level: Clause['level'],
  port: PortKey,
  rows: readonly Row[],
): Clause[] {
  const rfc = Number.parseInt(prefix, 10) as Clause['rfc'];
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
