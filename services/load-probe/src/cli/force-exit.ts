/** Work that a command leaves behind has this long to end by itself, milliseconds. */
const GRACE_MS = 100;

/**
 * Has the process end soon, with the exit code that is set. A lookup that was given up holds a thread of libuv's until
 * the resolver answers or gives up itself. `process.exit` waits for these threads, as the end of an idle process does.
 */
export function forceExit(): void {
  setTimeout(endNow, GRACE_MS).unref();
}

function endNow(): void {
  const code = Number(process.exitCode ?? 0);
  try {
    // Not imported: where it is switched off, the import would end the process. Null: the C library in this process.
    const { lib } = process.getBuiltinModule('node:ffi').dlopen(null);
    lib.getFunction('_exit', { arguments: ['i32'], return: 'void' })(code);
  } catch {
    // Without it the process ends as late as the lookup.
    process.exit(code);
  }
}
