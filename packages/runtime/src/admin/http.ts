/**
 * Node's HTTP, without an import: an import reads every export of a module, and one of these loads all of `fetch` and
 * WebSocket, as much work as a quarter of a start.
 */
export const { createServer, get } = process.getBuiltinModule('node:http');
