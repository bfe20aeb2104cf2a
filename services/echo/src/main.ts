import { endBySignalAsInit } from '@echo-daytime/runtime/stop-signals';

// First, because a container may be stopped while the rest is loading.
endBySignalAsInit();
await import('./service.ts');
