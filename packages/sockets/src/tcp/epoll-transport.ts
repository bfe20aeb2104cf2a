import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  type EpollLoop,
  type Watched,
} from '@echo-daytime/linux';
import type { Source } from '../udp/addresses.ts';
import { MUCH_UNREAD_BYTES, type TcpWire, type WireEvents } from './transport.ts';

const BROKEN = EPOLLERR | EPOLLHUP;
const NOT_WATCHED = -1;

/** Not an error: there is nothing to read, or no room, as yet. */
const WOULD_BLOCK: readonly string[] = ['EAGAIN', 'EINTR'];

/** A connection that makes its own system calls, on an EpollLoop. */
export class DirectWire implements TcpWire, Watched {
  readonly fd: number;
  readonly generation: number;
  readonly peer: Source;
  readonly #loop: EpollLoop;
  readonly #open: Uint8Array;
  #events: WireEvents | undefined;
  #queue: Uint8Array[] = [];
  #owedBytes = 0;
  /** By the kernel, in all. */
  #takenBytes = 0;
  #isOpen = true;
  #isPaused = false;
  #peerEnded = false;
  #fin: 'none' | 'wanted' | 'sent' = 'none';
  /** What the loop was asked to tell, of epoll_ctl(2). */
  #watchedFor = NOT_WATCHED;

  /** @param open of OpenDescriptors, in which the connection is noted */
  constructor(fd: number, peer: Source, loop: EpollLoop, open: Uint8Array) {
    this.fd = fd;
    this.peer = peer;
    this.generation = loop.nextGeneration();
    this.#loop = loop;
    this.#open = open;
    loop.register(this);
  }

  get descriptor(): number {
    return this.fd;
  }

  get local(): Source {
    return this.#isOpen ? this.#loop.calls.localAddress(this.fd) : { address: '', port: 0 };
  }

  get owedBytes(): number {
    return this.#owedBytes;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isBehind(): boolean {
    return this.#owedBytes > 0;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  unacknowledged(): number | undefined {
    const inKernel = this.#isOpen ? this.#loop.calls.unacknowledged(this.fd) : undefined;
    return inKernel === undefined ? undefined : inKernel + this.#owedBytes;
  }

  attach(events: WireEvents): void {
    this.#events = events;
  }

  /**
   * Reads what has come already, which behind a thousand busy connections spares it a round, and has the loop tell of the
   * rest. One that has said all it had to say, and only waits for the peer's FIN, is looked at a little later instead: by
   * then nearly every peer has sent it.
   */
  begin(): void {
    if (this.#fin === 'sent' && this.#isOpen) this.#loop.checkLater(this);
    else this.check();
  }

  check(): void {
    if (this.#isOpen && !this.#isPaused) this.#read();
    this.#watch();
  }

  send(chunk: Uint8Array): number {
    if (!this.#isOpen) return 0;
    const { calls, reads } = this.#loop;
    const taken =
      chunk === reads.chunk
        ? calls.writeFrom(this.fd, reads.place, reads.length)
        : calls.write(this.fd, chunk);
    // What went wrong comes up again when the rest is sent.
    if (taken <= 0) return 0;
    this.#takenBytes += taken;
    return taken;
  }

  queue(bytes: Uint8Array): boolean {
    if (!this.#isOpen) return false;
    this.#queue.push(bytes);
    this.#owe(bytes.length);
    this.#watch();
    return false;
  }

  pause(): void {
    // The loop is told when something comes meanwhile, and most often nothing does.
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
      else this.#closeWhenTaken();
      return;
    }
    if (this.#owedBytes > 0 && events & (EPOLLOUT | BROKEN)) this.#flush();
    if (!this.#isOpen || !(events & (EPOLLIN | BROKEN))) return;
    // A connection that is broken is read even so: that tells what is wrong with it.
    if ((this.#isPaused || this.#peerEnded) && !(events & BROKEN)) this.#watch();
    else this.#read();
  }

  #read(): void {
    const { calls, reads } = this.#loop;
    const bytes = calls.read(this.fd, reads.place, reads.size);
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
      // Broken, and nothing more to learn of it.
      this.#failed('ECONNRESET');
      return;
    }
    this.#peerEnded = true;
    this.#events?.ended();
    if (this.#bothEnded) this.#closeWhenTaken();
    else this.#watch();
  }

  get #bothEnded(): boolean {
    return this.#peerEnded && this.#fin === 'sent';
  }

  #closeWhenTaken(): void {
    if (this.#leavesMuch()) this.#watch();
    else this.destroy();
  }

  #leavesMuch(): boolean {
    // Most never had that much: it spares them a system call.
    return this.#takenBytes > MUCH_UNREAD_BYTES && (this.unacknowledged() ?? 0) > MUCH_UNREAD_BYTES;
  }

  #flush(): void {
    const { calls } = this.#loop;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const taken = calls.write(this.fd, head);
      if (taken < 0) {
        this.#failed(calls.errorCode());
        return;
      }
      this.#takenBytes += taken;
      this.#owe(-taken);
      if (taken < head.length) {
        this.#queue[0] = head.subarray(taken);
        return;
      }
      this.#queue.shift();
    }
    this.#sendFin();
    if (!this.#isOpen) return;
    this.#events?.drained();
    this.#watch();
  }

  #owe(bytes: number): void {
    this.#owedBytes += bytes;
    this.#loop.reads.addPending(bytes);
  }

  #sendFin(): void {
    if (this.#fin !== 'wanted' || this.#owedBytes > 0 || !this.#isOpen) return;
    this.#fin = 'sent';
    // With all read and all written, closing is the FIN.
    if (this.#peerEnded && !this.#leavesMuch()) this.destroy();
    else this.#loop.calls.shutdown(this.fd);
  }

  #failed(code: string): void {
    if (WOULD_BLOCK.includes(code)) return;
    this.#events?.failed(code);
    this.destroy();
  }

  #watch(): void {
    // Its number may be somebody else's by now.
    if (!this.#isOpen) return;
    const events = this.#wanted;
    if (events === this.#watchedFor) return;
    try {
      if (this.#watchedFor === NOT_WATCHED) this.#loop.watch(this, events);
      else this.#loop.rewatch(this, events);
      this.#watchedFor = events;
    } catch (error) {
      // The kernel lacks memory, or this user's watches are used up (epoll_ctl(2)): that costs this connection alone.
      this.#failed((error as NodeJS.ErrnoException).code ?? 'UNKNOWN');
    }
  }

  get #wanted(): number {
    // Both directions being shut is told for as long as it lasts, and that is no news.
    if (this.#bothEnded) return EPOLLET;
    const reading = this.#isPaused || this.#peerEnded ? 0 : EPOLLIN;
    return reading | (this.#owedBytes > 0 ? EPOLLOUT : 0);
  }

  #close(close: (fd: number) => void): void {
    this.#isOpen = false;
    this.#queue = [];
    this.#loop.reads.addPending(-this.#owedBytes);
    this.#loop.unregister(this);
    close(this.fd);
    const events = this.#events;
    if (events) this.#loop.soon(() => events.closed());
  }
}
