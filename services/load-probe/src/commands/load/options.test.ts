import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { CommandLine, type TypedOptions } from '../../cli/options.ts';
import { type LoadCommand, loadOptions, readLoadOptions } from './options.ts';

const URL = 'echo+tcp://192.0.2.7:7';

type Typed = TypedOptions<typeof loadOptions>;

function read(args: readonly string[], typed: Typed): LoadCommand {
  return readLoadOptions(new CommandLine(loadOptions, args, typed));
}

function problems(args: readonly string[], typed: Typed = {}): readonly string[] {
  try {
    read(args, typed);
    return [];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.problems;
  }
}

describe('the options of load', () => {
  it('should have defaults', () => {
    expect(read([URL], {})).toMatchObject({
      plan: {
        target: { url: URL, sizeBytes: 64, timeoutMs: 2_000 },
        mode: { name: 'closed' },
        durationMs: 10_000,
        connections: 10,
        pipeline: 1,
        workers: 1,
      },
      limits: [{ kind: 'max-loss', limit: 0 }],
    });
  });

  it('should be an open loop with --rate', () => {
    const given = { rate: '2.5', maxP99: '20ms', maxLoss: '1%' };
    expect(read([URL], given)).toMatchObject({
      plan: { mode: { name: 'open', messagesPerSecond: 2.5 } },
      limits: [
        { kind: 'max-loss', limit: 0.01, text: '1%' },
        { kind: 'max-p99', limit: 20, text: '20ms' },
      ],
    });
  });

  it('should not take more workers than there are connections', () => {
    expect(read([URL], { workers: 'auto', connections: '1' }).plan.workers).toBe(1);
    expect(problems([URL], { workers: '3', connections: '2' })).toEqual([
      '--workers 3 is more than there are connections, 2; each worker needs one of its own',
    ]);
  });

  it('should name every mistake at once', () => {
    const given = {
      rate: 'fast',
      duration: '1ms',
      connections: '0',
      pipeline: 'x',
      workers: '0',
      maxP99: '20',
    };
    const found = problems(['--colour', 'echo+tcp://x'], given);
    expect(found).toHaveLength(8);
    expect(found).toEqual(
      expect.arrayContaining([
        'there is no option --colour',
        '--rate "fast" must be a number of messages a second from 0.1 to 1000000',
        '--duration "1ms" must be a duration from 100ms to 24h',
        '--connections "0" must be a whole number from 1 to 20000',
        '--workers "0" must be a whole number from 1 to 64, or auto',
        '--max-p99 "20" must be a time such as 500us, 20ms or 1.5s',
      ]),
    );
  });

  it.each([
    [[], 'there is no URL; name one, such as echo+tcp://host:7007'],
    [[URL, URL], 'only one URL can be given'],
    [['tcp://192.0.2.7:7'], "can't be loaded; the schemes for a load are echo+tcp, echo+udp"],
    [[`${URL}?interval=1s`], 'has an interval; a load is given its pace by --rate'],
    [[`${URL}?flow=sticky`], 'has a flow; a load has those of --connections'],
    [['echo+udp://192.0.2.7:7?size=1MiB'], 'is more than a datagram holds'],
  ])('should refuse %j', (args, problem) => {
    const found = problems(args);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
  });

  it('should refuse a pipeline of daytime lines, and more memory than a load may take', () => {
    expect(problems(['daytime+udp://192.0.2.7:13'], { pipeline: '2' })).toEqual([
      '--pipeline is for echo targets; one daytime line is like another',
    ]);
    expect(problems([URL], { pipeline: '1000', connections: '1000', size: '64KiB' })[0]).toContain(
      'hold 65536000000 bytes of memory, at most 1073741824 may be',
    );
  });
});
