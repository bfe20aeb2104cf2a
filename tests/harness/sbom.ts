import { Version } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';

/** What is read of a component of a CycloneDX document. */
export interface DescribedComponent {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly { readonly license?: { readonly id?: string; readonly name?: string } }[];
  readonly components?: readonly DescribedComponent[];
}

/** What CycloneDX's own schema has against a document; null where it has nothing. */
export function schemaProblems(text: string): Promise<unknown> {
  return new JsonStrictValidator(Version.v1dot6).validate(text);
}

/** The SHA-256 of every file that a document tells of, by path, in the order of the paths. */
export function filesOf(text: string): Map<string, string> {
  const { metadata, components } = JSON.parse(text) as {
    readonly metadata: { readonly component: DescribedComponent };
    readonly components: readonly DescribedComponent[];
  };
  const files = [metadata.component, ...components].flatMap(({ components: parts = [] }) => parts);
  return new Map(files.map(({ name, hashes }): [string, string] => [name, hashes![0]!.content]).sort());
}
