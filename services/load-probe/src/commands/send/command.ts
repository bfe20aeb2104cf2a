import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { Interruption } from '../../cli/interruption.ts';
import { type CommandLine, defineCommand } from '../../cli/options.ts';
import { openUdpEngine } from '../../net/udp-engine.ts';
import { systemClock } from '../../sampling/clock.ts';
import { AnswerPrinter, type AnswerSink } from './answer-printer.ts';
import { AnswerRecord } from './answer-record.ts';
import { readSendOptions, sendOptions } from './options.ts';
import { outgoingDatagrams } from './outgoing.ts';
import { connectedLines, endLines, jsonReport } from './report.ts';
import { type SendResult, send } from './run.ts';

export function sendCommand(): Command {
  return defineCommand({
    name: 'send',
    description: 'send something once, print what comes back, say exactly what failed and what to check next',
    usage: '[options] HOST:PORT',
    options: sendOptions,
    help,
    run,
  });
}

async function run(line: CommandLine<typeof sendOptions>): Promise<void> {
  const options = readSendOptions(line, process.stdin.isTTY ? undefined : process.stdin);
  const { protocol } = options;
  const startMs = systemClock.now();
  const record = line.values.json ? new AnswerRecord(systemClock, options.read) : undefined;
  const answer: AnswerSink =
    record ?? new AnswerPrinter(process.stdout, protocol === 'udp' ? 'datagram' : options.read);
  const note = (text: string): void => {
    if (!record) process.stderr.write(text);
  };

  using interruption = new Interruption();
  const readerIsGone = new AbortController();
  // A reader such as `head` closes the pipe when it has enough.
  process.stdout.on('error', () => readerIsGone.abort());
  const signal = AbortSignal.any([interruption.signal, readerIsGone.signal]);
  let soFar: () => SendResult | undefined = () => undefined;
  let result: SendResult | undefined;
  let interrupted = false;
  try {
    const outgoing =
      protocol === 'udp' ? await outgoingDatagrams(options.outgoing, signal) : options.outgoing;
    const udp = await openUdpEngine(protocol === 'udp' ? 'auto' : 'dgram');
    result = await send(
      { ...options, outgoing },
      {
        clock: systemClock,
        udp,
        signal,
        connected: (ends) => note(connectedLines(protocol, ends)),
        receive: (bytes, match) => answer.receive(bytes, match),
        began(given) {
          soFar = given;
        },
      },
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    interrupted = true;
    result = soFar();
  }
  // Its writer may keep it open for long, and the process would wait for it.
  if (options.outgoing.kind === 'stream') process.stdin.destroy();
  if (interrupted || result?.failure) process.exitCode = exitCode.failed;
  if (readerIsGone.signal.aborted) return;
  answer.end();
  const report = { options, result, interrupted, durationMs: systemClock.now() - startMs };
  if (record) process.stdout.write(jsonReport(report, record));
  else note(endLines(report, answer.pieces));
}

const help = `
HOST is a name or an address, IPv6 in brackets; PORT is a number or the name of a service, such as echo.
The data is --data, --lines, or else standard input where it is no terminal. A FIN follows, and the reply is read until
the peer closes. The reply goes to standard output, on a terminal with escapes; everything else goes to standard error.
After a connect without any reply, another connect goes to port 1 of the same host, to see whether the host is up.

Exit code: 0 the peer closed after a reply (--udp: every datagram has a reply), 1 something failed, 2 the command line
is wrong.

Examples:
  load-probe send --data 'HEAD / HTTP/1.0\\r\\n\\r\\n' --read line 192.0.2.7:80
  load-probe send --lines 10 --each 'message {n}' --interval 100ms echo.example:7
  load-probe send --udp --read-timeout 1s '[2001:db8::7]:13'`;
