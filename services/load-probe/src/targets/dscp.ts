/** The standard names of differentiated services code points: RFC 2474, 2597, 3246, 5865, 8622. */
const names: Readonly<Record<string, number>> = {
  ...{ df: 0, le: 1, ef: 46, va: 44 },
  ...{ cs0: 0, cs1: 8, cs2: 16, cs3: 24, cs4: 32, cs5: 40, cs6: 48, cs7: 56 },
  ...{ af11: 10, af12: 12, af13: 14, af21: 18, af22: 20, af23: 22 },
  ...{ af31: 26, af32: 28, af33: 30, af41: 34, af42: 36, af43: 38 },
};
const MAX_DSCP = 63;

/** @throws Error that completes the sentence "dscp=VALUE …" */
export function readDscp(text: string): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : names[text.toLowerCase()];
  if (value !== undefined && value <= MAX_DSCP) return value;
  throw new Error(`must be from 0 to ${MAX_DSCP}, or one of ${Object.keys(names).join(', ')}`);
}

/** `ef (46)`, or a number without a name */
export function dscpText(dscp: number): string {
  const name = dscp === 0 ? undefined : Object.keys(names).find((known) => names[known] === dscp);
  return name === undefined ? String(dscp) : `${name} (${dscp})`;
}
