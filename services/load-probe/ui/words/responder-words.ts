/** A field of what a responder told: `pod`, `node`, `zone` or `host`; undefined where it is not told. */
export function fieldOf(fields: string, name: string): string | undefined {
  return fields
    .split(' ')
    .find((field) => field.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** `node n1 · zone a`: where a responder is; empty where it did not tell. */
export function placeWords(fields: string): string {
  return ['node', 'zone']
    .flatMap((name) => {
      const value = fieldOf(fields, name);
      return value === undefined ? [] : `${name} ${value}`;
    })
    .join(' · ');
}
