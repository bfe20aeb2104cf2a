import { endBySignalAsInit } from '@echo-daytime/runtime/stop-signals';

// Before all else is loaded: a container may be stopped meanwhile.
endBySignalAsInit();
await import('./service.ts');
