/**
 * Preloaded: sockets that read into a buffer of their owner's forget what they read as soon as the owner has been
 * told. Bytes that somebody keeps or still writes then come out as poison at once, not only when the next read
 * happens to hit the same place.
 */
import { syncBuiltinESMExports } from 'node:module';
import net, { type OnReadOpts, type SocketConstructorOpts } from 'node:net';

export const POISON = 0xdb;

function forgetful({ buffer, callback }: OnReadOpts): OnReadOpts {
  return {
    buffer,
    callback(bytes, read) {
      const goesOn = callback(bytes, read);
      read.fill(POISON, 0, bytes);
      return goesOn;
    },
  };
}

// A proxy, not a subclass: sockets that Node makes itself are still instances of it.
net.Socket = new Proxy(net.Socket, {
  construct(socket, [options, ...rest]: [SocketConstructorOpts | undefined], newTarget) {
    const { onread } = options ?? {};
    const changed = onread ? { ...options, onread: forgetful(onread) } : options;
    return Reflect.construct(socket, [changed, ...rest], newTarget);
  },
});
syncBuiltinESMExports();
