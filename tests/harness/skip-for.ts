declare module 'vitest' {
  interface TaskMeta {
    /** Why the test is skipped; `npm test` says it in its last lines. */
    skipReason?: string;
  }
}

/**
 * Options of a test or a `describe` with requirements that a machine may lack: it is skipped for the first reason that
 * is not undefined. A test that finds out while it runs calls `context.skip(reason)`.
 */
export function skipFor(...reasons: readonly (string | undefined)[]): {
  readonly skip?: true;
  readonly meta?: { readonly skipReason: string };
} {
  const skipReason = reasons.find((reason) => reason !== undefined);
  return skipReason === undefined ? {} : { skip: true, meta: { skipReason } };
}

/** For features that only Linux has. */
export const notLinux =
  process.platform === 'linux' ? undefined : `it needs Linux, this is ${process.platform}`;
