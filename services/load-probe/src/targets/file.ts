import { isIP } from 'node:net';
import { quoted, refusedValue, visible } from '@echo-daytime/runtime';
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { controlConflict, withControls } from './control.ts';
import { fitsFlow } from './flow.ts';
import { type GivenSettings, readParameter } from './parameters.ts';
import type { Protocol } from './protocol.ts';
import { settingConflicts } from './setting-keys.ts';
import { sloReaders } from './slo.ts';
import { type CommonSettings, type Slo, seriesOf, type Target, type TargetSpec } from './target.ts';
import { idsOf, peerNameClashes, readTarget, targetProblems } from './url.ts';

/** A mistake and where it is. */
export interface FileProblem {
  /** From 1. */
  readonly line: number;
  /** A sentence. */
  readonly text: string;
}

export interface FileEntry {
  readonly line: number;
  readonly spec: TargetSpec;
}

export interface ParsedTargetsFile {
  readonly entries: readonly FileEntry[];
  readonly problems: readonly FileProblem[];
}

const entryKeys = [
  'url',
  'name',
  'interval',
  'timeout',
  'size',
  'flow',
  'discover',
  'dscp',
  'syn',
  'who',
  'slo',
  'expect',
  'control',
];
/** These are different for each target; all other settings may have a default. */
const ownKeys = ['url', 'name', 'expect', 'control'];
const defaultKeys = entryKeys.filter((key) => !ownKeys.includes(key));
const EXAMPLE = '- url: echo+tcp://192.0.2.7:7007';

const FILE_EXPECT =
  'expect must be blocked here; the expected answer of a dialog goes into the query of its url, such as ?expect=hello';

type Given = GivenSettings & { slo?: Slo };

/** Reads a targets file; every mistake in it is reported. */
export function parseTargetsFile(text: string): ParsedTargetsFile {
  return new TargetsFileReader(text).read();
}

/** The conflicts between settings of entries that are valid by themselves. */
export function conflictsIn(entries: readonly FileEntry[], settings: CommonSettings): FileProblem[] {
  const clashes = peerNameClashes(entries.map(({ spec }) => spec));
  const all = entries.flatMap(({ spec }) => seriesOf(spec, settings));
  return entries.flatMap(({ line, spec }) => {
    const clash = clashes.get(spec);
    const conflicts = seriesOf(spec, settings).flatMap((target) => [
      ...settingConflicts(target),
      ...controlConflict(target, all),
    ]);
    return [...conflicts, ...(clash === undefined ? [] : [clash])].map((conflict) => ({
      line,
      text: `${quoted(spec.name)}: ${conflict}`,
    }));
  });
}

/** One line for each problem. */
export function describeProblems(problems: readonly FileProblem[]): string[] {
  const ordered = [...problems].sort((one, other) => one.line - other.line);
  return ordered.map(({ line, text }) => `line ${line}: ${text}`);
}

export function targetsOfFile(entries: readonly FileEntry[], settings: CommonSettings): Target[] {
  return withControls(entries.flatMap(({ spec }) => seriesOf(spec, settings)));
}

class TargetsFileReader {
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #problems: FileProblem[] = [];
  readonly #lineOfId = new Map<string, number>();

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  read(): ParsedTargetsFile {
    for (const { pos, message } of [...this.#document.errors, ...this.#document.warnings]) {
      this.#problems.push({ line: this.#lines.linePos(pos[0]).line, text: visible(message) });
    }
    this.#reportDanglingAliases();
    // The content of broken YAML is unreliable, so it is not checked any further.
    const entries = this.#problems.length > 0 ? [] : this.#entries();
    return { entries, problems: this.#problems };
  }

  /** An alias without an anchor is an error of YAML, but the parser reports it only when the value is read. */
  #reportDanglingAliases(): void {
    const anchors = new Set<string | undefined>();
    visit(this.#document, {
      Node: (_key, node) => {
        if (!isAlias(node)) anchors.add(node.anchor);
        else if (!anchors.has(node.source)) this.#report(node, danglingWords(node.source));
      },
    });
  }

  #entries(): FileEntry[] {
    const root = this.#document.contents;
    if (!isMap(root)) {
      this.#report(
        root,
        `the file must be a mapping with a list of targets, such as\ntargets:\n  ${EXAMPLE}`,
      );
      return [];
    }
    const values = this.#valuesOf(root, ['defaults', 'targets'], 'the file');
    const defaults = this.#defaults(values.get('defaults'));
    const list = values.get('targets');
    if (!isSeq(list) || list.items.length === 0) {
      this.#report(list ?? root, `targets must be a list with at least one target, such as ${EXAMPLE}`);
      return [];
    }
    return list.items.flatMap((item) => this.#entry(this.#resolved(item as Node), defaults) ?? []);
  }

  #defaults(node: Node | undefined): Given {
    if (node === undefined) return {};
    if (!isMap(node)) {
      this.#report(node, `defaults must be a mapping with any of ${defaultKeys.join(', ')}`);
      return {};
    }
    return this.#settings(this.#valuesOf(node, defaultKeys, 'the defaults'));
  }

  #entry(node: Node | undefined, defaults: Given): FileEntry | undefined {
    const line = this.#lineOf(node);
    if (!isMap(node)) {
      this.#report(node, `a target must be a mapping with a url, such as ${EXAMPLE}`);
      return undefined;
    }
    const before = this.#problems.length;
    const values = this.#valuesOf(node, entryKeys, 'a target');
    const spec = this.#url(values.get('url'), node);
    const own = this.#settings(values, spec?.protocol);
    if (!spec || this.#problems.length > before) return undefined;

    const { flow, discover, syn, who, slo: defaultSlo, ...rest } = defaults;
    const isBlocked = (own.expect ?? spec.expect) !== undefined;
    const slo = { ...(!isBlocked && defaultSlo), ...own.slo };
    const isSession = spec.protocol === 'session-tcp';
    const isOdd = isBlocked && flow === 'sweep';
    const isFresh = (own.flow ?? spec.flow ?? flow) !== 'sticky';
    const entry = {
      line,
      spec: {
        ...rest,
        // A default that does not fit a target is ignored.
        ...(flow !== undefined && fitsFlow(spec.protocol, flow) && !isOdd && { flow }),
        ...(discover !== undefined && isIP(spec.host) === 0 && { discover }),
        ...(syn !== undefined && isSession && { syn }),
        ...(who !== undefined && isSession && isFresh && { who }),
        ...spec,
        ...own,
        ...(Object.keys(slo).length > 0 && { slo }),
      },
    };
    return this.#isUnique(entry) ? entry : undefined;
  }

  #url(node: Node | undefined, entry: YAMLMap): TargetSpec | undefined {
    const text = node && this.#text(node, 'url');
    if (!node) this.#report(entry, `a target must have a url, such as ${EXAMPLE}`);
    if (!node || text === undefined) return undefined;
    const read = readTarget(text);
    const problems = Array.isArray(read) ? targetProblems(text, read) : [];
    const inQuery = new URLSearchParams(text.split('?')[1]).keys();
    for (const name of new Set(inQuery)) {
      if (entry.has(name))
        problems.push(`${quoted(text)}: has ${quoted(name)} in its query and as a key; give it once`);
    }
    for (const problem of problems) this.#report(node, problem);
    return Array.isArray(read) ? undefined : read;
  }

  #settings(values: ReadonlyMap<string, Node | undefined>, protocol?: Protocol): Given {
    const given: Given = {};
    for (const [key, node] of values) {
      if (key === 'url') continue;
      if (key === 'slo') {
        const slo = this.#slo(node);
        if (slo) given.slo = slo;
        continue;
      }
      const text = this.#text(node, key);
      if (text === undefined) continue;
      const problem =
        key === 'expect' && text !== 'blocked' ? FILE_EXPECT : readParameter(key, text, protocol, given);
      if (problem !== undefined) this.#report(node, problem);
    }
    return given;
  }

  #slo(node: Node | undefined): Slo | undefined {
    const names = Object.keys(sloReaders);
    if (!isMap(node)) {
      this.#report(node, `slo must be a mapping with ${names.join(' or ')}, such as { loss: 1%, p99: 20ms }`);
      return undefined;
    }
    let slo: Slo = {};
    for (const [key, value] of this.#valuesOf(node, names, 'slo')) {
      const text = this.#text(value, key);
      if (text === undefined) continue;
      const parse = sloReaders[key]!;
      try {
        slo = { ...slo, ...parse(text) };
      } catch (error) {
        this.#report(value, refusedValue(`slo: ${key}=`, text, { parse }, error as Error));
      }
    }
    return slo;
  }

  #isUnique({ line, spec }: FileEntry): boolean {
    const ids = idsOf(spec);
    const other = ids.map((id) => this.#lineOfId.get(id)).find((first) => first !== undefined);
    if (other !== undefined) {
      const text = `${quoted(spec.name)}: the target of line ${other} has this name; give each a name of its own`;
      this.#problems.push({ line, text });
      return false;
    }
    for (const id of ids) this.#lineOfId.set(id, line);
    return true;
  }

  /** The values of a mapping by key, those of unknown keys left out. */
  #valuesOf(map: YAMLMap, allowed: readonly string[], what: string): Map<string, Node | undefined> {
    const values = new Map<string, Node | undefined>();
    for (const { key, value } of map.items) {
      const name = String(isScalar(key) ? key.value : key);
      if (allowed.includes(name)) values.set(name, this.#resolved(value as Node | null));
      else
        this.#report(key as Node, `${what} can't have ${quoted(name)}; the keys are ${allowed.join(', ')}`);
    }
    return values;
  }

  /** A scalar as it was written. */
  #text(node: Node | undefined, key: string): string | undefined {
    if (isScalar(node) && node.value !== null && node.value !== '') return node.source ?? String(node.value);
    this.#report(node, `${key} must have a value`);
    return undefined;
  }

  #resolved(node: Node | null): Node | undefined {
    return (isAlias(node) ? node.resolve(this.#document) : node) ?? undefined;
  }

  #lineOf(node: Node | null | undefined): number {
    return this.#lines.linePos(node?.range?.[0] ?? 0).line;
  }

  #report(node: Node | null | undefined, text: string): void {
    this.#problems.push({ line: this.#lineOf(node), text });
  }
}

function danglingWords(name: string): string {
  return `there is no anchor ${quoted(`&${name}`)} before the alias ${quoted(`*${name}`)}: write the value itself, or in quotes if the asterisk is part of it`;
}
