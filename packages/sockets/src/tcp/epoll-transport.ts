import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  type EpollLoop,
  type SavedSyns,
  type SynHeader,
  type Watched,
} from '@echo-daytime/linux';
import type { Endpoint } from '../endpoint.ts';
import { brokenBy, MAX_UNREAD_BYTES, type TcpTransport, type TransportEvents } from './transport.ts';

const BROKEN = EPOLLERR | EPOLLHUP;
const NOT_WATCHED = -1;

/** Not a failure: there is nothing to read yet, or the send buffer is full. */
const WOULD_BLOCK: readonly string[] = ['EAGAIN', 'EINTR'];

/** A connection by read(2) and write(2), on an EpollLoop. */
export class EpollTransport implements TcpTransport, Watched {
  readonly fd: number;
  readonly generation: number;
  readonly peer: Endpoint;
  readonly #loop: EpollLoop;
  readonly #open: Uint8Array;
  readonly #syns: SavedSyns | undefined;
  #events: TransportEvents | undefined;
  #queue: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Bytes taken by the kernel: in all, and since the last `takeSentBytes`. */
  #sentBytes = 0;
  #uncountedSentBytes = 0;
  #isOpen = true;
  #isPaused = false;
  #peerEnded = false;
  #fin: 'none' | 'wanted' | 'sent' = 'none';
  /** The events of epoll_ctl(2) that the loop watches for. */
  #watchedFor = NOT_WATCHED;

  /** @param open of OpenDescriptors, in which the connection is noted */
  constructor(fd: number, peer: Endpoint, loop: EpollLoop, open: Uint8Array, syns?: SavedSyns) {
    this.fd = fd;
    this.peer = peer;
    this.generation = loop.nextGeneration();
    this.#loop = loop;
    this.#open = open;
    this.#syns = syns;
    loop.register(this);
  }

  get descriptor(): number {
    return this.fd;
  }

  get local(): Endpoint {
    return this.#isOpen ? this.#loop.calls.localAddress(this.fd) : { address: '', port: 0 };
  }

  takeSyn(): SynHeader | undefined {
    return this.#isOpen ? this.#syns?.take(this.fd) : undefined;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get isHolding(): boolean {
    return false;
  }

  takeSentBytes(): number {
    const bytes = this.#uncountedSentBytes;
    this.#uncountedSentBytes = 0;
    return bytes;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isBehind(): boolean {
    return this.#pendingBytes > 0;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  unacknowledged(): number | undefined {
    const inKernel = this.#isOpen ? this.#loop.calls.unacknowledged(this.fd) : undefined;
    return inKernel === undefined ? undefined : inKernel + this.#pendingBytes;
  }

  attach(events: TransportEvents): void {
    this.#events = events;
  }

  /**
   * Reads at once: the first request has often arrived, and among a thousand busy connections the next turn is far off.
   * Then the loop watches the connection. A connection that has sent FIN only waits for the peer's FIN, which comes
   * within milliseconds from nearly every peer: it is checked a little later instead, which costs less.
   */
  begin(): void {
    if (this.#fin === 'sent' && this.#isOpen) this.#loop.checkLater(this);
    else this.check();
  }

  check(): void {
    if (this.#isOpen && !this.#isPaused) this.#read();
    this.#watch();
  }

  write(chunk: Uint8Array): boolean {
    if (!this.#isOpen) return false;
    const sent = this.#pendingBytes > 0 ? 0 : this.#send(chunk);
    if (sent === chunk.length) return true;
    const rest: Uint8Array = Uint8Array.prototype.slice.call(chunk, sent);
    this.#queue.push(rest);
    this.#addPending(rest.length);
    this.#watch();
    return false;
  }

  pause(): void {
    // epoll goes on watching: most pauses end before an event comes, and `ready` stops watching when one does.
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#watchedFor !== NOT_WATCHED) this.#watch();
  }

  end(): void {
    if (this.#fin !== 'none') return;
    this.#fin = 'wanted';
    this.#sendFin();
  }

  destroy(): void {
    if (this.#isOpen) this.#close((fd) => this.#loop.calls.close(fd, this.#open));
  }

  reset(): void {
    if (this.#isOpen) this.#close((fd) => this.#loop.calls.abort(fd, this.#open));
  }

  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout {
    return this.#loop.setTimer(milliseconds, task);
  }

  yieldTurn(next: () => void): void {
    this.#loop.soon(next);
  }

  ready(events: number): void {
    if (this.#bothEnded) {
      if (events & EPOLLERR) this.#failed('ECONNRESET');
      else this.#closeWhenRead();
      return;
    }
    if (this.#pendingBytes > 0 && events & (EPOLLOUT | BROKEN)) this.#flush();
    if (!this.#isOpen || !(events & (EPOLLIN | BROKEN))) return;
    // A broken connection is read although it is paused: read(2) gives the error.
    if ((this.#isPaused || this.#peerEnded) && !(events & BROKEN)) this.#watch();
    else this.#read();
  }

  #send(chunk: Uint8Array): number {
    const { calls, reads } = this.#loop;
    const sent =
      chunk === reads.chunk
        ? calls.writeFrom(this.fd, reads.address, reads.length)
        : calls.write(this.fd, chunk);
    // An error shows again when the rest is sent.
    if (sent <= 0) return 0;
    this.#countSent(sent);
    return sent;
  }

  #countSent(bytes: number): void {
    this.#sentBytes += bytes;
    this.#uncountedSentBytes += bytes;
  }

  #read(): void {
    const { calls, reads } = this.#loop;
    const bytes = calls.read(this.fd, reads.address, reads.size);
    if (bytes > 0) {
      this.#events?.received(reads.taken(bytes));
    } else if (bytes === 0) {
      this.#readEnd();
    } else {
      this.#failed(calls.errorCode());
    }
  }

  #readEnd(): void {
    if (this.#peerEnded) {
      // The FIN was read before: a second end means that the connection is broken.
      this.#failed('ECONNRESET');
      return;
    }
    this.#peerEnded = true;
    this.#events?.ended();
    if (this.#bothEnded) this.#closeWhenRead();
    else this.#watch();
  }

  get #bothEnded(): boolean {
    return this.#peerEnded && this.#fin === 'sent';
  }

  #closeWhenRead(): void {
    if (this.#leavesUnread()) this.#watch();
    else this.destroy();
  }

  #leavesUnread(): boolean {
    // Spares a system call on connections that never sent that much.
    return this.#sentBytes > MAX_UNREAD_BYTES && (this.unacknowledged() ?? 0) > MAX_UNREAD_BYTES;
  }

  #flush(): void {
    const { calls } = this.#loop;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const sent = calls.write(this.fd, head);
      if (sent < 0) {
        this.#failed(calls.errorCode());
        return;
      }
      this.#countSent(sent);
      this.#addPending(-sent);
      if (sent < head.length) {
        this.#queue[0] = head.subarray(sent);
        return;
      }
      this.#queue.shift();
    }
    this.#sendFin();
    if (!this.#isOpen) return;
    this.#events?.writable();
    this.#watch();
  }

  #addPending(bytes: number): void {
    this.#pendingBytes += bytes;
    this.#loop.reads.addPending(bytes);
  }

  #sendFin(): void {
    if (this.#fin !== 'wanted' || this.#pendingBytes > 0 || !this.#isOpen) return;
    this.#fin = 'sent';
    // Nothing is left to read or to write: close(2) sends the FIN.
    if (this.#peerEnded && !this.#leavesUnread()) this.destroy();
    else this.#loop.calls.shutdown(this.fd);
  }

  #failed(code: string): void {
    if (WOULD_BLOCK.includes(code)) return;
    this.#events?.failed(brokenBy(code));
    this.destroy();
  }

  #watch(): void {
    // Another file may have the same descriptor by now.
    if (!this.#isOpen) return;
    const events = this.#wanted;
    if (events === this.#watchedFor) return;
    try {
      if (this.#watchedFor === NOT_WATCHED) this.#loop.watch(this, events);
      else this.#loop.rewatch(this, events);
      this.#watchedFor = events;
    } catch (error) {
      // The kernel has no memory, or the user's limit of watches is reached (epoll_ctl(2)): only this connection fails.
      this.#failed((error as NodeJS.ErrnoException).code ?? 'UNKNOWN');
    }
  }

  get #wanted(): number {
    // EPOLLHUP is level-triggered: it would repeat until the socket is closed. EPOLLET reports each change once.
    if (this.#bothEnded) return EPOLLET;
    const reading = this.#isPaused || this.#peerEnded ? 0 : EPOLLIN;
    return reading | (this.#pendingBytes > 0 ? EPOLLOUT : 0);
  }

  #close(close: (fd: number) => void): void {
    this.#isOpen = false;
    this.#queue = [];
    this.#loop.reads.addPending(-this.#pendingBytes);
    this.#loop.unregister(this);
    close(this.fd);
    const events = this.#events;
    if (events) this.#loop.soon(() => events.closed());
  }
}
