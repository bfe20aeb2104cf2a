import { Version } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';

/** The fields that tests read of a component of a CycloneDX document. */
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

/** The problems of a document by CycloneDX's own schema; null when it is valid. */
export function schemaProblems(text: string): Promise<unknown> {
  return new JsonStrictValidator(Version.v1dot6).validate(text);
}

/** The SHA-256 of every file in a document, by path, in the order of the paths. */
export function filesOf(text: string): Map<string, string> {
  const { metadata, components } = JSON.parse(text) as {
    readonly metadata: { readonly component: DescribedComponent };
    readonly components: readonly DescribedComponent[];
  };
  const files = [metadata.component, ...components].flatMap(({ components: parts = [] }) => parts);
  return new Map(files.map(({ name, hashes }): [string, string] => [name, hashes![0]!.content]).sort());
}
