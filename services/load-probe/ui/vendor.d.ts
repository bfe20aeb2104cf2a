// The page imports uPlot by the path the probe serves it at. TypeScript takes a rooted path for a file, and
// an ambient module may not be named by one; a pattern may match it.
declare module '*/vendor/uplot.js' {
  import uPlot from 'uplot';
  export default uPlot;
}
