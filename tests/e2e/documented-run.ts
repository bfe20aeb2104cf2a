import { documentedCommand } from '../docs/documented-commands.ts';
import { eventually } from '../harness/eventually.ts';
import { TcpClient } from '../harness/tcp-client.ts';
import { UdpClient } from '../harness/udp-client.ts';
import { docker } from './engine.ts';
import { label } from './images.ts';

/** The commands of the pages that start one service in a container. */
export const documentedRuns = [
  documentedCommand('services/echo/README.md', 'docker run'),
  documentedCommand('services/daytime/README.md', 'docker run'),
  documentedCommand('services/udp-daytime/README.md', 'docker run'),
];

export const REQUEST = 'a request\r\n';
/** RFC 8762, 4.2.1: a sequence number, and a multiplier. */
export const STAMP_REQUEST = Buffer.from(`00000001${'00'.repeat(9)}01${'00'.repeat(30)}`, 'hex').toString(
  'latin1',
);

export interface PublishedPort {
  /** The port on the host, in the page. */
  readonly wellKnown: number;
  readonly protocol: string;
  /** The port on the host, in this test. */
  readonly here: number;
}

export interface DocumentedContainer extends AsyncDisposable {
  published(): Promise<readonly PublishedPort[]>;
}

const COMMAND = /^docker run ((?:--publish \d+:\d+\/(?:tcp|udp) )+)(echo-daytime\/[\w-]+):dev$/;
const PUBLISH = /--publish (?<host>\d+):(?<inside>\d+)\/(?<protocol>tcp|udp)/g;

/**
 * Runs a `docker run …` of a page in the background, on free ports of loopback in place of the host's well-known
 * ones, and waits until its service listens.
 *
 * @param project tag of the image, in place of `dev`
 * @throws Error when it has other options than these
 */
export async function runDocumented(text: string, project: string): Promise<DocumentedContainer> {
  const [, options = '', image] = COMMAND.exec(text) ?? [];
  if (image === undefined) throw new Error(`only docker run --publish … IMAGE:dev can be run here: ${text}`);
  const ports = [...options.matchAll(PUBLISH)].map(({ groups }) => groups!);
  const publish = ports.flatMap(({ inside, protocol }) => ['--publish', `127.0.0.1::${inside}/${protocol}`]);
  const background = ['run', '--detach', '--label', label(project)];
  const id = await docker([...background, ...publish, `${image}:${project}`]);
  const remove = async (): Promise<void> => void (await docker(['rm', '--force', id]));
  try {
    await eventually(async () => {
      const log = await docker(['logs', id]);
      if (!log.includes('"msg":"listening"')) throw new Error(`${image} does not listen:\n${log}`);
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    published: () =>
      Promise.all(
        ports.map(async ({ host, inside, protocol = '' }) => {
          const address = await docker(['port', id, `${inside}/${protocol}`]);
          return { wellKnown: Number(host), protocol, here: Number(address.split(':').at(-1)) };
        }),
      ),
    [Symbol.asyncDispose]: remove,
  };
}

/** The reply of a service on this machine; both as latin1. */
export async function ask(protocol: string, port: number, request = REQUEST): Promise<string> {
  if (protocol === 'tcp') {
    using client = await TcpClient.connect(port);
    client.socket.end(request, 'latin1');
    return (await client.takeAll()).toString('latin1');
  }
  await using client = await UdpClient.open();
  return (await client.ask(Buffer.from(request, 'latin1'), port)).toString('latin1');
}
