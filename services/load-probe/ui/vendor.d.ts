// The page imports packages by the paths that the probe serves them at. TypeScript takes a relative path for a file, and
// an ambient module may not be named by one; a pattern may match it.
declare module '*/vendor/uplot.js' {
  import uPlot from 'uplot';
  export default uPlot;
}
declare module '*/vendor/lit-html/lit-html.js' {
  export * from 'lit-html';
}
declare module '*/vendor/lit-html/directives/repeat.js' {
  export * from 'lit-html/directives/repeat.js';
}
