import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Peer } from '../peers.ts';

/** A TCP listener that never accepts. Its accept queue has room, so the kernel completes the handshake. */
export async function nonAcceptingPeer(): Promise<Peer> {
  const source = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 16 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(source, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    port,
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
