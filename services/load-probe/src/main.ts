import { endBySignalAsInit } from '@echo-daytime/runtime/stop-signals';

// Before the rest is loaded, as a container may be stopped meanwhile.
endBySignalAsInit();
const { runCli } = await import('./cli.ts');
await runCli(process.argv.slice(2), process.env);
