import { adminApp } from '../../../../packages/runtime/src/admin/app.ts';
import { FaultControl } from '../../../../packages/runtime/src/faults/fault-control.ts';
import { serveFaults } from '../../../../packages/runtime/src/faults/fault-routes.ts';
import type { Logger } from '../../../../packages/runtime/src/log.ts';
import { leaks } from '../../leaks.ts';
import { promise } from '../../scenario.ts';
import type { FuzzedParser } from '../parsers.ts';

const LISTENERS = { 'echo-tcp': 'tcp', 'echo-udp': 'udp' } as const;
const BEFORE = { loss: { probability: 0.25, ms: 0 } };
const ALLOWED = [200, 400, 404, 413, 414, 415];

const problems: string[] = [];
const note = (fields: object): void => void problems.push(JSON.stringify(fields));
const quiet = (): void => {};
const log = {
  ...{ trace: quiet, debug: quiet, info: quiet, warn: quiet, error: note, fatal: note },
  child: () => log,
} as unknown as Logger;
const control = new FaultControl(LISTENERS);
const app = adminApp(log);
serveFaults(app, control, log);
await app.ready();

/** The body and the path of a request that sets faults. The first line of an input is path and content type. */
export const parser: FuzzedParser = {
  name: 'fault-api',
  inputs: { brief: 300, full: 20_000 },
  batch: 200,
  maxBytes: 20_000,
  covers: [
    'packages/runtime/src/faults/fault-control.ts',
    'packages/runtime/src/faults/fault-routes.ts',
    'packages/runtime/src/faults/read-faults.ts',
    'packages/runtime/src/config/keys.ts',
  ],
  leastCoverage: 64,
  dictionary: (
    '{|}|[|]|,|:|\\"|\\"probability\\":|\\"duration\\":|\\"50ms\\"|\\"60s\\"|\\"61s\\"|delay|jitter|loss|' +
    'duplicate|corrupt|truncate|reset|stall|refuse|0.5|1e-400|null|true|-0|1e999|\\"__proto__\\":|' +
    '\\"constructor\\":{\\"prototype\\":|\\\\u0000|\\\\ud800|echo-tcp|echo-udp|application/json|text/plain|' +
    '; charset=latin1|/../|%2e%2e|%|%00|?'
  ).split('|'),
  seeds: [
    'echo-tcp application/json\n{"delay":{"duration":"50ms","probability":0.5},"reset":{}}',
    'echo-udp application/json\n{"loss":{"probability":0.2},"jitter":{"duration":"1.5s"}}',
    'echo-udp application/json\n{"stall":{},"loss":7,"x":{"y":1}}',
    'echo-tcp application/json; charset=utf-8\n{"loss":{"probability":0}}',
    'nobody application/json\n{}',
    'echo-tcp text/plain\nloss',
    'echo-tcp application/json\n{"loss":',
    'echo-tcp application/json\n{"__proto__":{"loss":{}}}',
    'echo-tcp application/json\n[[[[]]]]',
    'echo-tcp application/json\n',
    `echo-tcp application/json\n{"${'x'.repeat(17_000)}":1}`,
  ].map((text) => Buffer.from(text)),

  async attempt(input) {
    const end = input.indexOf('\n');
    const [path = '', ...type] = input.toString('latin1', 0, end < 0 ? input.length : end).split(' ');
    for (const name of control.names) control.set(name, BEFORE);
    const url = `/faults/${path.replace(/[^!-~]|[#\\^`{|}"<>]/g, '')}`;
    const contentType = type.join(' ').replace(/[^ -~]/g, '');
    const answer = await app.inject({
      method: 'PUT',
      url,
      headers: { ...(contentType !== '' && { 'content-type': contentType }) },
      payload: end < 0 ? Buffer.alloc(0) : input.subarray(end + 1),
    });
    const { statusCode, payload } = answer;
    promise(ALLOWED.includes(statusCode), () => `answered ${statusCode}: ${payload}`);
    promise(problems.length === 0, () => `logged ${problems.splice(0).join('; ')}`);
    const body = JSON.parse(payload);
    const found = leaks([body.error, ...(body.problems ?? [])].map(ownWords).join('\n'));
    promise(found.length === 0, () => `the response discloses ${found.join(', ')}: ${payload}`);
    const sets = control.names.map((name) => JSON.stringify(control.get(name)));
    const changed = sets.filter((set) => set !== JSON.stringify(BEFORE)).length;
    if (statusCode !== 200) {
      promise(typeof body.error === 'string' && body.error !== '', () => `no error in ${payload}`);
      promise(changed === 0, () => `refused with ${statusCode}, and set all the same`);
      return `${statusCode} ${Math.min(3, body.problems?.length ?? 0)} ${kindOf(body.problems?.[0] ?? body.error)}`;
    }
    promise(changed <= 1, () => 'the other listener changed too');
    const name = url.includes('udp') ? 'echo-udp' : 'echo-tcp';
    const again = await app.inject({ method: 'PUT', url: `/faults/${name}`, payload: body });
    promise(again.payload === payload, () => `${payload} reads back as ${again.payload}`);
    return `200 ${Object.keys(body).length} ${Object.keys(body)[0]}`;
  },
};

/** The text of a response without its quotes of the request, which may contain names such as `x.js`. */
function ownWords(text = ''): string {
  return text.replace(/"(?:[^"\\]|\\.)*"?/g, '""').replace(/^nothing at .*/s, 'nothing');
}

/** The kind of an error message. */
function kindOf(error: string): string {
  return ownWords(error).replace(/\d+/g, 'N').slice(0, 80);
}
