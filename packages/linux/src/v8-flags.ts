/**
 * The flags of node that the engines need, set by the Dockerfile's ENTRYPOINT, `npm start` and `npm run service`.
 *
 * The two inlining limits: Node wraps each native function in JavaScript that checks the arguments. V8 calls the
 * function directly only where it inlines this wrapper into the caller. With the default limits (920 and 4600 bytes of
 * bytecode) the wrapper does not fit beside the code of a connection, and a message costs 15 % more.
 *
 * No concurrent recompilation: a compiler thread of V8 reads data of a native function that are freed when the thread
 * that opened the function ends. The process may then crash. So each thread compiles its own code.
 */
export const V8_FLAGS: readonly string[] = [
  '--max-inlined-bytecode-size-cumulative=10000',
  '--max-inlined-bytecode-size-absolute=20000',
  '--no-concurrent-recompilation',
];

/** The flags that a process was started without. V8 has no API for its flags, so the arguments are searched. */
export function missingFlags(nodeArguments: readonly string[]): readonly string[] {
  return V8_FLAGS.filter((flag) => !nodeArguments.includes(flag));
}
