import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { parseDaytime } from '@echo-daytime/daytime-format';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipFor } from '../harness/skip-for.ts';
import { docker, engineProblem, runDocker } from './engine.ts';
import { buildImages, imageName, projectName, removeProject, type ServiceName } from './images.ts';

// Without the clean-up container of testcontainers, which comes from a registry; this file cleans up itself.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';

const project = projectName('container');
const BUILD_TIMEOUT_MS = 600_000;
const START_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 5_000;
/** A line may take a while to arrive, and shows whole seconds only. */
const CLOCK_TOLERANCE_MS = 5_000;

function container(service: ServiceName): GenericContainer {
  return new GenericContainer(imageName(service, project))
    .withLabels({ 'com.docker.compose.project': project })
    .withStartupTimeout(START_TIMEOUT_MS);
}

/** Starts a service and waits until it is ready. A check of its port would not work for UDP. */
function start(
  service: ServiceName,
  adminPort: number,
  ports: readonly (number | `${number}/udp`)[],
): Promise<StartedTestContainer> {
  return container(service)
    .withExposedPorts(...ports, adminPort)
    .withWaitStrategy(Wait.forHttp('/readyz', adminPort).forStatusCode(200))
    .start();
}

async function dial(started: StartedTestContainer, port: number): Promise<Socket> {
  const socket = connect(started.getMappedPort(port), started.getHost());
  await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  return socket;
}

async function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Sends one datagram to a published port; returns the one that comes back. */
async function ask(started: StartedTestContainer, port: number, request: Buffer): Promise<Buffer> {
  await using socket = createSocket('udp4');
  socket.connect(started.getMappedPort(port, 'udp'), started.getHost());
  await once(socket, 'connect');
  socket.send(request);
  const [reply] = await once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  return reply as Buffer;
}

function expectNow(line: string): void {
  expect(line).toMatch(/^[\x20-\x7e]+\r\n$/);
  const milliseconds = Number(parseDaytime(line).instant / 1_000_000n);
  expect(Math.abs(milliseconds - Date.now())).toBeLessThan(CLOCK_TOLERANCE_MS);
}

describe('containers', skipFor(engineProblem), () => {
  beforeAll(async () => {
    await removeProject(project);
    await buildImages(project);
  }, BUILD_TIMEOUT_MS);

  afterAll(() => removeProject(project), BUILD_TIMEOUT_MS);

  it('should echo over published ports, TCP and UDP, and finish an open connection on SIGTERM', {
    timeout: START_TIMEOUT_MS,
  }, async () => {
    await using echo = await start('echo', 9007, [7007, '7007/udp']);
    const sent = Buffer.from('over the bridge and back\n'.repeat(4_000));
    const socket = await dial(echo, 7007);
    socket.end(sent);
    expect((await readToEnd(socket)).equals(sent)).toBe(true);
    const datagram = Buffer.from('one datagram');
    expect(await ask(echo, 7007, datagram)).toEqual(datagram);
    const ready = await fetch(`http://${echo.getHost()}:${echo.getMappedPort(9007)}/readyz?verbose`);
    // Also in a network without IPv6 addresses.
    expect(await ready.json()).toMatchObject({
      listeners: expect.arrayContaining([expect.objectContaining({ listener: 'echo-udp', engine: 'batch' })]),
    });
    const open = await dial(echo, 7007);
    open.write('before the end');
    await once(open, 'data', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const ended = once(open, 'end', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    await docker(['kill', '--signal', 'TERM', echo.getId()]);
    await ended;
    expect(await docker(['wait', echo.getId()])).toBe('0');
  });

  it('should send the time over published ports, TCP and UDP', { timeout: START_TIMEOUT_MS }, async () => {
    await using daytime = await start('daytime', 9013, [7013]);
    expectNow((await readToEnd(await dial(daytime, 7013))).toString());
    await using udpDaytime = await start('udp-daytime', 9113, ['7013/udp']);
    expectNow((await ask(udpDaytime, 7013, Buffer.from('?'))).toString());
  });

  it('should name every problem of a bad configuration and exit with 2', {
    timeout: START_TIMEOUT_MS,
  }, async () => {
    await using echo = await container('echo')
      .withEnvironment({ PORT: '99999', MAX_CONNECTIONS: '-1' })
      .withWaitStrategy(Wait.forLogMessage('2 problems in the configuration'))
      .start();
    expect(await docker(['wait', echo.getId()])).toBe('2');
    const { stderr } = await runDocker(['logs', echo.getId()]);
    expect(stderr).toContain('PORT="99999" must be');
    expect(stderr).toContain('MAX_CONNECTIONS="-1" must be');
  });
});
