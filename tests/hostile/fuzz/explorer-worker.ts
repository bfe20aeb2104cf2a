import { parentPort, workerData } from 'node:worker_threads';
import { unescapeC } from '@echo-daytime/c-escapes';
import { AllocationMeter } from './allocation-meter.ts';
import { Coverage } from './coverage.ts';
import { Explorer } from './explorer.ts';
import { loadParser } from './parsers.ts';
import { Slate } from './report.ts';
import type { Assignment } from './run-explorer.ts';

const { parserUrl, seed, corpus, inputs, leastInputs, seconds, slate: memory } = workerData as Assignment;

// Before the parser is loaded, or its code would not be counted.
using coverage = new Coverage();
const parser = await loadParser(parserUrl);
using meter = new AllocationMeter();
const slate = new Slate(memory);
const deadline = performance.now() + seconds * 1_000;
const explorer = new Explorer({ parser, coverage, meter, seed, trying: (input) => slate.write(input) });
await explorer.begin(corpus.map(unescapeC));
parentPort?.postMessage(await explorer.explore(inputs, leastInputs, () => performance.now() > deadline));
