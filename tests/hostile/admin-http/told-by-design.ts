interface Told {
  /** The paths whose answers tell it. */
  readonly at: RegExp;
  /** No more than what is told, so that all the rest of the answer stays under watch. */
  readonly text: RegExp;
  readonly why: string;
}

const PAGE = /^\/(?:(?:[\w-]+\/)*[\w-]+\.(?:ts|css|svg))?$/;

/** What answers tell of versions and files because somebody needs it. Nothing else may tell any. */
export const toldByDesign: readonly Told[] = [
  {
    at: /^\/version$/,
    text: /^\{"name":"[\w-]+","version":"\d+\.\d+\.\d+","node":"\d+\.\d+\.\d+"\}$/m,
    why: 'which release runs, and on which Node, is what it is there for; SECURITY.md names it',
  },
  {
    at: /^\/metrics$/,
    text: /^l4_build_info\{service="[\w-]+",version="\d+\.\d+\.\d+",node="\d+\.\d+\.\d+"\} 1$/m,
    why: 'the same as /version, for a fleet in one query',
  },
  {
    at: /^\/metrics$/,
    text: /^nodejs_version_info\{version="v\d+\.\d+\.\d+",major="\d+",minor="\d+",patch="\d+"\} 1$/m,
    why: 'dashboards for Node expect it, and it tells what l4_build_info does',
  },
  {
    at: /^\/metrics$/,
    text: /^# HELP nodejs_\w+ .*$/gm,
    why: 'that it is Node is no secret here: the names of these metrics say so',
  },
  {
    at: /^\/metrics$/,
    text: /^content-type: text\/plain; version=0\.0\.4; charset=utf-8\r$/m,
    why: 'the version of the text format of Prometheus, by which scrapers read it',
  },
  {
    at: /^\/api\/(?:targets|events)$/,
    text: /"probe":\{"version":"\d+\.\d+\.\d+"/g,
    why: 'the page shows which release of the probe it is served by',
  },
  {
    at: PAGE,
    text: /(?:from |import |src=|href=)["'](?:\.{0,2}\/)+[\w/-]+\.(?:ts|js|css|svg)["']/g,
    why: 'the files of the page name each other, for the browser to fetch',
  },
  {
    at: /^\/ui\/vendor\/uplot\.js$/,
    text: /\/\*\*\n(?:\*.*\n)+?\*\//,
    why: 'the licence of the chart library wants its notice kept, name and version included',
  },
  {
    at: /^\/ui\/vendor\/uplot\.js$/,
    text: /^\s*\/\/.*(?:rollup\.config\.js|Chartist\.js|\/chartist-js\/).*$/gm,
    why: 'comments of the chart library, which is sent as it was published',
  },
  {
    at: /^\/ui\/vendor\/lit-html\/[\w/-]+\.js$/,
    text: /from"[\w./-]+\.js"|push\("\d+\.\d+\.\d+"\)|\/\/# sourceMappingURL=[\w.-]+/g,
    why: 'the template library is sent as it was published: it names its own files and its version',
  },
  {
    at: /^\/ui\/styles\/theme\.css$/,
    text: /\/\* AXIS_PX in band-chart\.ts \*\//,
    why: 'a comment that names another file of the page',
  },
  {
    at: /^\/ui\/app\/stream\.ts$/,
    text: /HTML, section 9\.2\.3/,
    why: 'a section of the HTML standard, not a version',
  },
];

/** The answer to a request for `path` without what it tells by design. */
export function withoutDesign(answer: string, path: string): string {
  return toldByDesign
    .filter(({ at }) => at.test(path))
    .reduce((rest, { text }) => rest.replace(text, ''), answer);
}
