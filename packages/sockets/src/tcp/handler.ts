/**
 * A handler that writes this much at once has had its turn: the other connections of the worker get theirs before it
 * goes on. A few bytes of pipelined requests may ask for megabytes of replies and the work of making them, so handlers
 * with `writable` make about this much at a time. Bytes.
 */
export const TURN_BYTES = 16 * 1024;

/** What a protocol does with one connection. */
export interface TcpHandler {
  /** Bytes arrived; never empty. They are there during the call alone: a handler that needs them longer copies them. */
  data(chunk: Buffer): void;
  /** The peer's FIN: no more bytes will come, but replies still reach it. May come before `writable`. */
  end(): void;
  /** Time to write on after `write` said no: the peer has taken the rest, and others have had their turn. */
  writable?(): void;
}

/** What a protocol does that wants nothing more of its peer. */
export const ignore: TcpHandler = { data() {}, end() {} };
