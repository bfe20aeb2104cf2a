/** Something that was not received as it was sent. */
export interface Change<Field extends string> {
  readonly field: Field;
  /** In words, such as `MSS 1460 → 1400`. */
  readonly text: string;
}

/** What was changed on its way; none: it was received as it was sent. */
export interface Changes<Field extends string> {
  readonly changes: readonly Change<Field>[];
}

/** Or why that is not known. */
export type ChangeReport<Field extends string> = Changes<Field> | { readonly unknown: string };

/** @param texts what was changed, in words, by field in the order of the report */
export function changesOf<Field extends string>(
  texts: Readonly<Record<Field, string | undefined>>,
): readonly Change<Field>[] {
  return (Object.entries(texts) as [Field, string | undefined][]).flatMap(([field, text]) =>
    text === undefined ? [] : [{ field, text }],
  );
}
