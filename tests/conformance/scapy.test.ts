import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { keys } from '../../services/echo/src/config.ts';
import { openEcho } from '../../services/echo/src/worker.ts';
import { freePort } from '../harness/free-port.ts';
import { LocalDataPlane } from '../harness/local-data-plane.ts';
import { programProblem } from '../harness/programs.ts';
import { skipFor } from '../harness/skip-for.ts';

const SENDER = fileURLToPath(new URL('scapy-sender.py', import.meta.url));
/** Debian's own, which has Debian's packages. */
const PYTHON = '/usr/bin/python3';
/** From the first second of NTP to that of Unix. */
const NTP_SECONDS = 2_208_988_800;
const SECONDS_TOLERANCE = 60;

interface Reply {
  readonly received: number;
  readonly sent: number;
}

describe('a sender made of the layers of scapy', skipFor(programProblem('scapy', 'python3-scapy')), () => {
  it.each(['127.0.0.1', '::1'])('should be answered on %s, and read the replies', async (host) => {
    const STAMP_PORT = String(await freePort());
    const env = { HOST: '127.0.0.1,::1', TCP: 'off', UDP: 'off', STAMP_PORT };
    await using echo = await LocalDataPlane.open(openEcho, keys, env);
    const { stdout } = await promisify(execFile)(PYTHON, [SENDER, host, `${echo.portOf('stamp-udp')}`]);
    const replies = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Reply);
    const same = {
      ...{ length: 0, copy: true, session: 0x1234, zeros: [0, 0], senderScale: 5 },
      ...{ synchronized: 0, format: 0, multiplier: 255 },
    };
    expect(replies).toMatchObject([
      { ...same, sequence: 0, senderSequence: 70, tlvs: [] },
      {
        ...{ ...same, sequence: 1, senderSequence: 71 },
        tlvs: [
          [0, 1, '616263'],
          [0x80, 251, '78797a'],
        ],
      },
    ]);
    for (const { received, sent } of replies) {
      expect(sent).toBeGreaterThanOrEqual(received);
      expect(Math.abs(received - NTP_SECONDS - Date.now() / 1e3)).toBeLessThan(SECONDS_TOLERANCE);
    }
  });
});
