/** A server made with environment variables, somebody else's client, and what the client prints. */
export interface Recipe {
  readonly title: string;
  /** Shell command that runs one of our services. */
  readonly server: string;
  /** For bash; names the services' default ports. */
  readonly client: string;
  /** Every byte that the client prints, with placeholders for what differs each time. */
  readonly output: string;
}

/** The blocks of a recipe, in their order, by what stands behind the opening fence. */
const BLOCKS = ['sh server', 'sh client', 'text'];

/**
 * The recipes of a page: its sections of the second level.
 *
 * @throws Error when a section is not made of exactly one server, one client and one output
 */
export function parseRecipes(markdown: string): Recipe[] {
  const [preamble = '', ...sections] = markdown.split(/^## /m);
  if (preamble.includes('```')) throw new Error('a block of code stands before the first recipe');
  return sections.map((section) => {
    const title = section.slice(0, section.indexOf('\n'));
    const blocks = [...section.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)];
    const kinds = blocks.map(([, kind]) => kind);
    if (kinds.join() !== BLOCKS.join()) {
      throw new Error(`${title}: must have the blocks ${BLOCKS.join(', ')}; it has ${kinds.join(', ')}`);
    }
    const [server = '', client = '', output = ''] = blocks.map(([, , text]) => text);
    return { title, server, client, output };
  });
}
