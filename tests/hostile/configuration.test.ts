import { CurrentLines, formats, hostClock, openZone } from '@echo-daytime/daytime-format';
import { ConfigError, type Key, type Keys, readConfig } from '@echo-daytime/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoted } from '../../packages/runtime/src/config/shown-text.ts';
import { AccessList } from '../../packages/sockets/src/policy/access-list.ts';
import { ProxyPolicy } from '../../packages/sockets/src/policy/proxy-protocol.ts';
import * as daytime from '../../services/daytime/src/config.ts';
import * as echo from '../../services/echo/src/config.ts';
import { dialogTcp } from '../../services/echo/src/dialog/dialog-tcp.ts';
import { probeKeys } from '../../services/load-probe/src/config.ts';
import * as udpDaytime from '../../services/udp-daytime/src/config.ts';
import { cpuMsOf } from '../harness/cpu-time.ts';
import { hostileText, longTexts } from '../harness/hostile-text.ts';

interface Program {
  readonly keys: Readonly<Record<string, Key<unknown>>>;
  problems(env: Readonly<Record<string, string>>): readonly string[];
}

/** The problems of single keys with an environment; any other exception of reading it is a failure. */
function program<Config>(keys: Keys<Config>): Program {
  return {
    keys: keys as unknown as Program['keys'],
    problems(env) {
      try {
        readConfig(keys, { env, args: [] });
        return [];
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return error.problems;
      }
    },
  };
}

const programs: Readonly<Record<string, Program>> = {
  echo: program(echo.keys),
  daytime: program(daytime.keys),
  'udp-daytime': program(udpDaytime.keys),
  'load-probe': program(probeKeys),
};

const keysOfAll = Object.entries(programs).flatMap(([name, { keys }]) =>
  Object.keys(keys).map(
    (key) => [name, key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()] as const,
  ),
);

describe.each(keysOfAll)('%s: %s', (name, variable) => {
  const { problems } = programs[name]!;
  // TARGETS is one problem with a line for each bad target.
  const allowed = variable === 'TARGETS' ? /^must |^can't be used:\n / : /^must /;

  it('should accept a text or say what the key must be', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const found = problems({ [variable]: text });
        expect(found.length, found.join()).toBeLessThanOrEqual(1);
        for (const problem of found) {
          expect(problem.startsWith(`${variable}=${quoted(text)} `), problem).toBe(true);
          expect(problem.slice(`${variable}=${quoted(text)} `.length)).toMatch(allowed);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('should read long texts quickly', () => {
    for (const text of longTexts) {
      expect(cpuMsOf(() => problems({ [variable]: text }))).toBeLessThan(2_000);
    }
  });
});

/** A value that the configuration accepts must not fail later, when the sockets are open. */
describe('an accepted value', () => {
  it('should be a zone that every format can show', () => {
    fc.assert(
      fc.property(hostileText, (tz) => {
        fc.pre(programs.daytime!.problems({ TZ: tz }).length === 0);
        const lines = new CurrentLines(openZone(tz), hostClock);
        for (const format of formats) {
          expect(new TextDecoder().decode(lines.line(format))).toMatch(/^[\x20-\x7e]+\r\n$/);
        }
      }),
      { numRuns: 100, examples: [['UTC'], ['Europe/Berlin'], ['+01:00'], ['-0030'], ['utc'], ['Etc/GMT+5']] },
    );
  });

  it('should be a list of networks that addresses can be looked up in', () => {
    const lists = fc.array(
      fc.constantFrom('fe80::1%lo', '::ffff:192.0.2.0/120', '10.0.0.0/8', '::/0', '::1', ' '),
    );
    fc.assert(
      fc.property(fc.oneof(hostileText, lists.map(String)), (text) => {
        const env = { ALLOW: text, DENY: text, TRUSTED_PROXIES: text };
        fc.pre(programs.echo!.problems(env).length === 0);
        const config = readConfig(echo.keys, { env, args: [] });
        const access = new AccessList(config);
        new ProxyPolicy(config);
        for (const address of ['192.0.2.1', '2001:db8::1', 'fe80::1%eth0', '']) {
          expect(typeof access.permits(address)).toBe('boolean');
        }
      }),
      { numRuns: 300, examples: [[''], ['fe80::1%lo'], ['::ffff:192.0.2.0/120'], ['0.0.0.0/0,::/0']] },
    );
  });

  it('should be a template and a delimiter that a dialog can open with', () => {
    fc.assert(
      fc.property(hostileText, hostileText, hostileText, (delimiter, reply, greeting) => {
        const env = { DIALOG_DELIMITER: delimiter, DIALOG_REPLY: reply, DIALOG_GREETING: greeting };
        fc.pre(programs.echo!.problems(env).length === 0);
        dialogTcp(readConfig(echo.keys, { env, args: [] }), { increment() {} } as never);
      }),
      { numRuns: 300 },
    );
  });
});
