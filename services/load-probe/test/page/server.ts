import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { MeshDocument } from '../../src/monitor/mesh/types.ts';
import { readPageFiles } from '../../src/monitor/status/page-files.ts';
import type { BucketsDocument, HistoryDocument, StatusDocument } from '../../src/monitor/status/types.ts';

const files = new Map((await readPageFiles()).map((file) => [file.path, file]));

const SPANS_MS: Readonly<Record<string, number>> = { '10m': 600_000, '1h': 3_600_000, '6h': 21_600_000 };
const HISTORY = '/api/targets/';

/** The probe's response for a series; undefined for an unknown id. */
export type HistoryOf = (id: string, spanMs: number, buckets: number) => HistoryDocument | undefined;

/**
 * Serves the status page to the tests of a file as the probe does. A test writes the event stream itself. Every test
 * starts without events.
 */
export class PageServer {
  historyOf: HistoryOf = () => undefined;
  /** What the probes of the mesh see; null = the probe fails to answer. */
  mesh: MeshDocument | null = null;
  readonly #server: Server = createServer((request, response) => {
    const { pathname: path, searchParams } = new URL(request.url!, 'http://page');
    if (path === '/api/events') this.#stream(response);
    else if (path === '/api/mesh') this.#mesh(response);
    else if (path.startsWith(HISTORY)) this.#history(path.slice(HISTORY.length), searchParams, response);
    else respondWithFile(path, response);
  });
  readonly #streams = new Set<ServerResponse>();
  #opening: BucketsDocument | null = null;
  #latest: StatusDocument | null = null;
  #isUp = true;

  constructor() {
    beforeAll(async () => {
      this.#server.listen(0, '127.0.0.1');
      await once(this.#server, 'listening');
    });
    beforeEach(() => {
      this.historyOf = () => undefined;
      this.mesh = null;
      this.#opening = null;
      this.#latest = null;
      this.#isUp = true;
      for (const stream of this.#streams) stream.destroy();
      this.#streams.clear();
    });
    afterAll(async () => {
      this.#server.close();
      this.#server.closeAllConnections();
      await once(this.#server, 'close');
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** Sends the status to every open page, and to later ones when they connect. */
  publishStatus(status: StatusDocument): void {
    this.#latest = status;
    for (const stream of this.#streams) send(stream, 'status', status);
  }

  publishBuckets(buckets: BucketsDocument['buckets']): void {
    for (const stream of this.#streams) send(stream, 'buckets', { version: 2, buckets });
  }

  /** The buckets that a page gets first when it connects. */
  set history(buckets: BucketsDocument['buckets']) {
    this.#opening = { version: 2, buckets };
  }

  /** Ends every stream and answers 503 to new ones, as a proxy in front of a stopped probe does. */
  goDown(): void {
    this.#isUp = false;
    for (const stream of this.#streams) stream.destroy();
  }

  comeBack(): void {
    this.#isUp = true;
  }

  #mesh(response: ServerResponse): void {
    response.writeHead(this.mesh ? 200 : 503, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(this.mesh));
  }

  #history(encodedId: string, query: URLSearchParams, response: ServerResponse): void {
    const spanMs = SPANS_MS[query.get('span') ?? ''] ?? Number.NaN;
    const found = this.historyOf(decodeURIComponent(encodedId), spanMs, Number(query.get('buckets')));
    const status = this.#isUp ? (found === undefined ? 404 : 200) : 503;
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(status === 200 ? found : { error: 'no history' }));
  }

  #stream(response: ServerResponse): void {
    if (!this.#isUp) {
      response.writeHead(503).end('the probe is down');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    if (this.#latest !== null) send(response, 'status', this.#latest);
    if (this.#opening !== null) send(response, 'buckets', this.#opening);
  }
}

function send(stream: ServerResponse, event: string, document: object): void {
  stream.write(`event: ${event}\ndata: ${JSON.stringify(document)}\n\n`);
}

function respondWithFile(path: string, response: ServerResponse): void {
  const file = files.get(path);
  if (!file) {
    response.writeHead(404).end(`no file ${path}`);
    return;
  }
  response.writeHead(200, {
    'content-type': file.type,
    'cache-control': 'max-age=3600',
    'content-security-policy': "default-src 'self'",
    'x-content-type-options': 'nosniff',
  });
  response.end(file.body);
}
