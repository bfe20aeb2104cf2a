import type { BaseInventory } from './base-inventory.ts';
import type { BundledPackage } from './bundled-packages.ts';

const RULE = '='.repeat(80);

/** The licences of everything in an image that is not ours. They require to be distributed with it. */
export function formatNotices(packages: readonly BundledPackage[], base?: BaseInventory): string {
  const parts = [
    ...packages.map(({ name, version, licence, licenceText }) => ({
      title: `${name} ${version} (npm), ${licence}`,
      text: licenceText,
    })),
    ...(base ? partsOfBase(base) : []),
  ];
  const sections = parts.map(({ title, text }) => `${RULE}\n${title}\n${RULE}\n\n${tidy(text)}\n`);
  return ['Software of others in this image, each with its licence.\n', ...sections].join('\n');
}

function partsOfBase({ node, packages, commonLicences }: BaseInventory): { title: string; text: string }[] {
  return [
    { title: `Node.js ${node.version}`, text: node.licence },
    ...packages.map(({ name, version, source, licence }) => ({
      title: `${name} ${version} (Debian, source package ${source})`,
      text: licence,
    })),
    ...Object.entries(commonLicences).map(([name, text]) => ({
      title: `/usr/share/common-licenses/${name}`,
      text,
    })),
  ];
}

function tidy(text: string): string {
  return text.replaceAll('\r\n', '\n').trim();
}
