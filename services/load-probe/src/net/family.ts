/** The address families, by their IP versions. */
export const families = [4, 6] as const;
export type Family = (typeof families)[number];

export function familyName(family: Family): `IPv${Family}` {
  return `IPv${family}`;
}

/** Values of the label `family`. */
export const familyLabels = ['ipv4', 'ipv6'] as const;

export function familyLabel(family: Family): (typeof familyLabels)[number] {
  return `ipv${family}`;
}
