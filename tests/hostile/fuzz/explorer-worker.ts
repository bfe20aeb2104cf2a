import { parentPort, workerData } from 'node:worker_threads';
import { unescapeC } from '@echo-daytime/c-escapes';
import { AllocationMeter } from './cost.ts';
import { Coverage } from './coverage.ts';
import { Explorer } from './explorer.ts';
import { loadParser } from './parsers.ts';
import { type Assignment, InputReport } from './run-explorer.ts';

const { parserUrl, corpus, inputs, seconds, report: memory, ...options } = workerData as Assignment;

// Before the parser is loaded: otherwise its code is not counted.
using coverage = new Coverage();
const parser = await loadParser(parserUrl);
using meter = new AllocationMeter();
const report = new InputReport(memory);
const deadline = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1_000;
const trying = (input: Buffer): void => report.write(input);
const explorer = new Explorer({ parser, coverage, meter, trying, ...options });
await explorer.begin(corpus.map(unescapeC));
parentPort?.postMessage(await explorer.explore(inputs, () => performance.now() > deadline));
