import { blocksOf } from '../harness/markdown.ts';
import { trackedFiles } from '../repo/tracked-files.ts';

/** A command of a block marked `sh`. */
export interface DocumentedCommand {
  readonly page: string;
  /** Number of its first line; the first line of the page is 1. */
  readonly line: number;
  /** The command in one line, without its comment. */
  readonly text: string;
  /** The text after `#` on its line, or empty. */
  readonly comment: string;
}

export const pages: readonly string[] = trackedFiles.filter((path) => path.endsWith('.md'));

/** A comment begins with a # that begins a word outside of quotes. */
const COMMAND_AND_COMMENT = /^((?:(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\#])#*|\s(?!#))*)(?:(?:^|\s+)#(.*))?$/;

export const documentedCommands: readonly DocumentedCommand[] = pages.flatMap((page) =>
  blocksOf(page)
    .filter(({ info }) => info === 'sh')
    .flatMap(({ line, lines }) =>
      commandsOf(lines).map((command) => ({ ...command, page, line: line + command.line })),
    ),
);

/**
 * The command of a page that equals the text or begins with it, so that a test runs what the reader runs.
 *
 * @throws Error when the page has none, or more than one
 */
export function documentedCommand(page: string, beginning: string): DocumentedCommand {
  const found = documentedCommands.filter(
    (command) => command.page === page && command.text.startsWith(beginning),
  );
  const [command, ...more] = found;
  const exact = found.find(({ text }) => text === beginning);
  if (exact) return exact;
  if (command && more.length === 0) return command;
  throw new Error(
    `${page} has ${command ? 'several commands' : 'no command'} that begin with "${beginning}"`,
  );
}

/** The commands of a block, `line` counted from its first line, which is 0. */
export function commandsOf(lines: readonly string[]): Omit<DocumentedCommand, 'page'>[] {
  const commands: Omit<DocumentedCommand, 'page'>[] = [];
  let continued: { readonly line: number; readonly text: string } | undefined;
  for (const [index, written] of lines.entries()) {
    const { line, text: before } = continued ?? { line: index, text: '' };
    const whole = before + (continued ? written.trimStart() : written);
    continued = undefined;
    if (whole.endsWith('\\')) {
      continued = { line, text: whole.slice(0, -1) };
      continue;
    }
    const match = COMMAND_AND_COMMENT.exec(whole);
    if (!match) throw new Error(`quotes are not closed, or a command spreads over lines: ${whole}`);
    const [, text = '', comment = ''] = match;
    if (text.trim() !== '') commands.push({ line, text: text.trim(), comment: comment.trim() });
  }
  return commands;
}
