import { readFileSync } from 'node:fs';
import { variableOf } from '@echo-daytime/runtime';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ForeignClient } from '../conformance/foreign-client.ts';
import { freePort } from '../harness/free-port.ts';
import { mainOfService, NODE_COMMAND } from '../harness/main-module.ts';
import { programProblem } from '../harness/programs.ts';
import { ServiceProcess } from '../harness/service-process.ts';
import { skipFor } from '../harness/skip-for.ts';
import { keysOf } from '../repo/services.ts';
import { parseRecipes, type Recipe } from './recipe.ts';
import { instantOf, matchOutput } from './recipe-output.ts';

const recipes = parseRecipes(readFileSync(new URL('../../docs/recipes.md', import.meta.url), 'utf8'));
const COMMAND = 'npm run service -- ';
/** Which listener has which port, where nobody says otherwise. */
const DEFAULT_PORTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  echo: { 7007: 'echo-tcp', 7008: 'dialog-tcp' },
  daytime: { 7013: 'daytime-tcp', 7014: 'session-tcp' },
  'udp-daytime': { 7013: 'daytime-udp' },
};
const CLOCK_TOLERANCE_MS = 2_000;
/** A pause of a client is there for the answer, which takes as long as the machine is slow. */
const WAIT_FOR_ANSWER = 'sleep() { read -r; }';

const problems = new Map(['bash', 'ncat', 'socat'].map((program) => [program, programProblem(program)]));

/** Why the client of a recipe can't run here, or undefined. */
function problemOf({ client }: Recipe): string | undefined {
  const programs = ['bash', ...(client.match(/\b(ncat|socat)\b/g) ?? [])];
  return programs.map((program) => problems.get(program)).find((problem) => problem !== undefined);
}

/** The recipe that has a block with this in it. */
function recipeWith(text: string): Recipe {
  const found = recipes.filter(({ server }) => server.includes(text));
  if (found.length !== 1) throw new Error(`${found.length} recipes have ${text}`);
  return found[0]!;
}

const holding = recipeWith('DIALOG_HOLD=1m');

function serviceOf(server: string): string {
  return server.split(COMMAND)[1]?.trim() ?? '';
}

/** The service of a recipe, started by what its command comes to, on ports of its own. */
async function startServer({ server }: Recipe): Promise<ServiceProcess> {
  expect(server.split(COMMAND).length).toBe(2);
  const name = serviceOf(server);
  const run = `exec ${NODE_COMMAND} '${mainOfService(name)}'`;
  return ServiceProcess.shell(server.replace(COMMAND + name, run), {
    PORT: '0',
    // No recipe asks echo over UDP: its thread need not start.
    UDP: 'off',
    DIALOG_PORT: `${await freePort()}`,
    SESSION_PORT: `${await freePort()}`,
  });
}

/** The client of a recipe, its ports those that the server has here. */
function startClient({ server, client }: Recipe, service: ServiceProcess): ForeignClient {
  const name = serviceOf(server);
  const script = client.replace(/\b70\d\d\b/g, (port) => {
    const listener = DEFAULT_PORTS[name]?.[port];
    if (listener === undefined) throw new Error(`${name} has no port ${port}`);
    return `${service.port(listener)}`;
  });
  expect(script).not.toBe(client);
  return new ForeignClient('bash', '-c', `${WAIT_FOR_ANSWER}\n${script}`);
}

/** Ends the pauses of a client, each when its answer is there, which is returned. */
async function endPauses({ client }: Recipe, running: ForeignClient): Promise<string> {
  let printed = '';
  for (const _ of client.matchAll(/\bsleep\b/g)) {
    printed += await running.receiveLine();
    running.send('\n');
  }
  return printed;
}

it('should have a recipe for each kind of server, run by the command that this repository has', () => {
  const names = new Set(recipes.map(({ server }) => serviceOf(server)));
  expect([...names].sort()).toEqual(Object.keys(DEFAULT_PORTS).sort());
  expect(manifest.scripts.service).toMatch(
    /^exec node scripts\/bootstrap\.mjs( --\S+)* scripts\/service\.ts$/,
  );
});

// The one that holds its client for a minute is below.
describe.each(recipes.filter((recipe) => recipe !== holding))('$title', (recipe) => {
  it('should print what the page shows', skipFor(problemOf(recipe)), async () => {
    await using service = await startServer(recipe);
    const startedAt = Date.now();
    await using client = startClient(recipe, service);
    const first = await endPauses(recipe, client);
    const { code, rest, stderr } = await client.finish();
    const endedAt = Date.now();
    const printed = first + rest.toString();
    const times = matchOutput(printed, recipe.output);
    expect(times, `printed ${JSON.stringify(printed)}, ${stderr}`).toBeDefined();
    for (const time of times ?? []) {
      const instant = instantOf(time, recipe.server);
      expect(instant).toBeGreaterThan(startedAt - CLOCK_TOLERANCE_MS);
      expect(instant).toBeLessThan(endedAt + CLOCK_TOLERANCE_MS);
    }
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

it('should set keys that their services have', async () => {
  for (const { title, server } of recipes) {
    const keys = Object.keys(await keysOf(serviceOf(server))).map(variableOf);
    const set = [...server.matchAll(/\b([A-Z_]+)=/g)].map(([, variable]) => variable);
    expect(keys, title).toEqual(expect.arrayContaining(set));
  }
});

describe(holding.title, skipFor(problemOf(holding)), () => {
  it('should print what the page shows at once, and go on holding', async () => {
    await using service = await startServer(holding);
    await using client = startClient(holding, service);
    const lines = [await client.receiveLine(), await client.receiveLine()];
    expect(matchOutput(lines.join(''), holding.output)).toEqual([]);
    const metrics = await service.metrics();
    expect(metrics.value('l4_tcp_connections_open', { listener: 'dialog-tcp' })).toBe(1);
  });
});
