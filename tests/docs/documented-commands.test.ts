import { describe, expect, it } from 'vitest';
import { blocksOf } from '../harness/markdown.ts';
import { commandsOf, documentedCommands, pages } from './documented-commands.ts';

describe('documented commands', () => {
  it('should be found on every page with a block marked sh', () => {
    const withBlocks = pages.filter((page) => blocksOf(page).some(({ info }) => info === 'sh'));
    expect([...new Set(documentedCommands.map(({ page }) => page))]).toEqual(withBlocks);
    expect(withBlocks).toEqual(
      expect.arrayContaining([
        'CONTRIBUTING.md',
        'README.md',
        'docs/conformance.md',
        'services/daytime/README.md',
        'services/echo/README.md',
        'services/load-probe/README.md',
        'services/udp-daytime/README.md',
      ]),
    );
  });

  it('should be in blocks marked sh, where a test finds them', () => {
    const unmarked = pages.flatMap((page) =>
      blocksOf(page)
        .filter(({ info }) => /^(|bash|shell|zsh|console|shell-session)$/.test(info))
        .map(({ line }) => `${page}:${line - 1}`),
    );
    expect(unmarked).toEqual([]);
  });
});

describe('the commands of a block', () => {
  it('should be one a line, without comments and empty lines', () => {
    expect(commandsOf(['# What it is', '', 'npm test   # runs it', '  (echo; sleep 1) | cat'])).toEqual([
      { line: 2, text: 'npm test', comment: 'runs it' },
      { line: 3, text: '(echo; sleep 1) | cat', comment: '' },
    ]);
  });

  it('should be joined when a line is continued', () => {
    expect(commandsOf(['load-probe check \\', '  --count 3 \\', '  tcp://a:1 # now', 'next'])).toEqual([
      { line: 0, text: 'load-probe check --count 3 tcp://a:1', comment: 'now' },
      { line: 3, text: 'next', comment: '' },
    ]);
  });

  it('should keep a # that is no comment', () => {
    for (const text of [`echo 'a # b' "c # d"`, 'curl http://localhost/#top', 'echo a\\ #b c##d']) {
      expect(commandsOf([text])).toEqual([{ line: 0, text, comment: '' }]);
    }
  });

  it('should be refused, not ignored, when a quote is left open', () => {
    expect(() => commandsOf(["echo 'first", "second'"])).toThrow("echo 'first");
  });
});
