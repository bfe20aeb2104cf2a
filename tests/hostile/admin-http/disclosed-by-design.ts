interface Disclosure {
  /** The paths whose answers tell it. */
  readonly at: RegExp;
  /** Matches only the disclosed text, so that the rest of the response is still checked. */
  readonly text: RegExp;
  readonly why: string;
}

const PAGE = /^\/(?:(?:[\w-]+\/)*[\w-]+\.(?:ts|css|svg))?$/;

/** Versions and files that responses disclose because clients need them. No other response may disclose any. */
export const disclosedByDesign: readonly Disclosure[] = [
  {
    at: /^\/version$/,
    text: /^\{"name":"[\w-]+","version":"\d+\.\d+\.\d+","node":"\d+\.\d+\.\d+"\}$/m,
    why: 'its purpose is to name the release and the version of Node; SECURITY.md says so',
  },
  {
    at: /^\/metrics$/,
    text: /^l4_build_info\{service="[\w-]+",version="\d+\.\d+\.\d+",node="\d+\.\d+\.\d+"\} 1$/m,
    why: 'the same as /version, for a fleet in one query',
  },
  {
    at: /^\/metrics$/,
    text: /^nodejs_version_info\{version="v\d+\.\d+\.\d+",major="\d+",minor="\d+",patch="\d+"\} 1$/m,
    why: 'dashboards for Node expect it, and l4_build_info discloses the same',
  },
  {
    at: /^\/metrics$/,
    text: /^# HELP nodejs_\w+ .*$/gm,
    why: 'the names of these metrics show that it is Node',
  },
  {
    at: /^\/metrics$/,
    text: /^content-type: text\/plain; version=0\.0\.4; charset=utf-8\r$/m,
    why: 'the version of the text format of Prometheus, by which scrapers read it',
  },
  {
    at: /^\/api\/(?:targets|events)$/,
    text: /"probe":\{"version":"\d+\.\d+\.\d+"/g,
    why: 'the page shows the release of its probe',
  },
  {
    at: PAGE,
    text: /(?:from |import |src=|href=)["'](?:\.{0,2}\/)+[\w/-]+\.(?:ts|js|css|svg)["']/g,
    why: 'the files of the page name each other, for the browser to fetch',
  },
  {
    at: /^\/ui\/vendor\/uplot\.js$/,
    text: /\/\*\*\n(?:\*.*\n)+?\*\//,
    why: 'the licence of the chart library requires its notice, with name and version',
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

/** The response to a request for `path`, without everything that it discloses by design. */
export function withoutDesign(answer: string, path: string): string {
  return disclosedByDesign
    .filter(({ at }) => at.test(path))
    .reduce((rest, { text }) => rest.replace(text, ''), answer);
}
