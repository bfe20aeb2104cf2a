/** What every command ends with. */
export const exitCode = {
  /** Every gate held, the exchange succeeded. */
  held: 0,
  /** A gate did not hold, or the exchange failed. */
  failed: 1,
  /** The command line or the configuration is wrong, or an output can't be written. */
  usage: 2,
  /** Interrupted twice; by convention 128 + the number of SIGINT. */
  interrupted: 130,
} as const;
