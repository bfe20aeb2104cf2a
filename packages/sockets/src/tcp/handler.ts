/**
 * After writing this much a handler pauses while the other connections of the worker have their turn. A few bytes of
 * pipelined requests may ask for megabytes of replies, so handlers with `writable` make about this much at a time.
 * Bytes.
 */
export const TURN_BYTES = 16 * 1024;

/** What a protocol does with one connection. */
export interface TcpHandler {
  /** Received bytes, never empty. The memory is reused after the call: a handler that keeps the bytes copies them. */
  data(chunk: Buffer): void;
  /** The peer's FIN: it sends no more bytes, but still gets replies. May come before `writable`. */
  end(): void;
  /** Write on, after `write` returned false: no bytes are pending, and other connections have had their turn. */
  writable?(): void;
}

/** A handler that ignores all further bytes. */
export const ignore: TcpHandler = { data() {}, end() {} };
