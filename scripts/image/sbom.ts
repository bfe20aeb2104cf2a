import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ComponentType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums';
import {
  Bom,
  Component,
  ComponentRepository,
  HashDictionary,
  type License,
  LicenseExpression,
  LicenseRepository,
  Metadata,
  NamedLicense,
  SpdxLicense,
} from '@cyclonedx/cyclonedx-library/Models';
import { JSON as AsJson, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize';
import { isSupportedSpdxId } from '@cyclonedx/cyclonedx-library/SPDX';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import { PackageURL } from 'packageurl-js';
import type { BaseInventory, DebianPackage, InventoryFile } from './base-inventory.ts';
import type { BundledPackage } from './bundled-packages.ts';

export interface ImageContents {
  /** The service of the image. */
  readonly service: { readonly name: string; readonly version: string; readonly licence: string };
  readonly packages: readonly BundledPackage[];
  /** The files of the bundle, in the image and on this machine; `package` for files copied from a package. */
  readonly files: readonly { readonly path: string; readonly source: string; readonly package?: string }[];
  /** Without it only the bundle is described. */
  readonly base?: BaseInventory;
  /** Left out where undefined, so that it does not make two builds differ. */
  readonly builtAt?: Date;
}

/** The components of the image, as CycloneDX 1.6 JSON: the same text for the same contents. */
export function formatSbom({ service, packages, files, base, builtAt }: ImageContents): string {
  const ours = files.filter((file) => file.package === undefined).map(hashed);
  const image = new Component(ComponentType.Application, service.name, {
    bomRef: service.name,
    version: service.version,
    licenses: licences(service.licence),
    components: fileComponents(service.name, [...ours, ...(base?.written ?? [])]),
  });
  const parts = [
    ...packages.map((bundled) =>
      npmComponent(bundled, files.filter((file) => file.package === bundled.path).map(hashed)),
    ),
    ...(base ? baseComponents(base) : []),
  ];
  for (const { bomRef } of parts) image.dependencies.add(bomRef);
  const bom = new Bom({
    metadata: new Metadata({ component: image, ...(builtAt && { timestamp: builtAt }) }),
    components: new ComponentRepository(parts),
  });
  bom.serialNumber = serialNumberOf(serialize(bom));
  return `${serialize(bom)}\n`;
}

function serialize(bom: Bom): string {
  const serializer = new JsonSerializer(new AsJson.Normalize.Factory(Spec1dot6));
  return serializer.serialize(bom, { sortLists: true, space: 2 });
}

function npmComponent(bundled: BundledPackage, files: readonly InventoryFile[]): Component {
  const { name, version, licence, integrity } = bundled;
  const [scope, plainName] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const purl = `${new PackageURL('npm', scope, plainName!, version)}`;
  // Two copies of one version may lie in different folders.
  const reference = `${purl}#${bundled.path}`;
  return new Component(ComponentType.Library, plainName!, {
    bomRef: reference,
    ...(scope !== undefined && { group: scope }),
    version,
    purl,
    licenses: licences(licence),
    hashes: new HashDictionary([
      [HashAlgorithm['SHA-512'], Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')],
    ]),
    components: fileComponents(reference, files),
  });
}

function baseComponents({ node, packages, distribution }: BaseInventory): Component[] {
  const runtime = new Component(ComponentType.Platform, 'node', {
    bomRef: 'node',
    version: node.version,
    purl: `${new PackageURL('generic', undefined, 'node', node.version)}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${node.version}:*:*:*:*:*:*:*`,
    licenses: licences('MIT'),
    components: fileComponents('node', node.files),
  });
  return [runtime, ...packages.map((debian) => debianComponent(debian, distribution))];
}

function debianComponent(debian: DebianPackage, distribution: string): Component {
  const { name, version, architecture, files } = debian;
  const qualifiers = { arch: architecture, distro: distribution, upstream: debian.source };
  const purl = `${new PackageURL('deb', 'debian', name, version, qualifiers)}`;
  return new Component(ComponentType.Library, name, {
    bomRef: purl,
    version,
    purl,
    licenses: new LicenseRepository([new NamedLicense(`see ${name} in /app/THIRD-PARTY-NOTICES.txt`)]),
    components: fileComponents(purl, files),
  });
}

function fileComponents(owner: string, files: readonly InventoryFile[]): ComponentRepository {
  return new ComponentRepository(
    files.map(
      ({ path, sha256 }) =>
        new Component(ComponentType.File, path, {
          bomRef: `${owner}:${path}`,
          hashes: new HashDictionary([[HashAlgorithm['SHA-256'], sha256]]),
        }),
    ),
  );
}

function hashed({ path, source }: { readonly path: string; readonly source: string }): InventoryFile {
  return { path, sha256: createHash('sha256').update(readFileSync(source)).digest('hex') };
}

function licences(spdx: string): LicenseRepository {
  const licence: License = isSupportedSpdxId(spdx) ? new SpdxLicense(spdx) : new LicenseExpression(spdx);
  return new LicenseRepository([licence]);
}

/** A UUID of version 8, RFC 9562 section 5.8, from the content. A random UUID would make every build different. */
function serialNumberOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex').slice(0, 32).split('');
  digits[12] = '8';
  digits[16] = (0x8 | (Number.parseInt(digits[16]!, 16) & 0x3)).toString(16);
  const uuid = digits.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return `urn:uuid:${uuid}`;
}
