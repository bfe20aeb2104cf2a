/**
 * What node has to be started with for the engines: in the ENTRYPOINT of the Dockerfile, by `npm start` and by
 * `npm run service`.
 *
 * Node wraps each native function in JavaScript that checks its arguments, and V8 calls the function itself without a
 * detour only where it compiles that into the caller. By default (920 and 4600 bytes of bytecode) there is no room for
 * it beside the code of a connection: a message then costs 15 % more.
 *
 * V8 compiles beside the thread that runs, and what it then reads of a native function goes away with the thread that
 * opened it: where that ends meanwhile, the process may crash. So the thread compiles for itself.
 */
export const V8_FLAGS: readonly string[] = [
  '--max-inlined-bytecode-size-cumulative=10000',
  '--max-inlined-bytecode-size-absolute=20000',
  '--no-concurrent-recompilation',
];

/** Those that a process was not started with. Only its arguments tell: V8 shows no flag. */
export function missingFlags(nodeArguments: readonly string[]): readonly string[] {
  return V8_FLAGS.filter((flag) => !nodeArguments.includes(flag));
}
