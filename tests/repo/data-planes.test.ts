import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { services } from './services.ts';

/** Prints every module as it is looked up. */
const HOOK = `data:text/javascript,import { registerHooks } from 'node:module';
  registerHooks({ resolve(specifier, context, next) {
    const found = next(specifier, context);
    console.log(found.url);
    return found;
  } });`;

it.each(services)(
  'should be loaded without the control plane, which costs each thread its memory: %s',
  (name) => {
    const worker = new URL(`../../services/${name}/src/worker.ts`, import.meta.url);
    // It ends with an error, because this is no worker thread.
    const { stdout } = spawnSync(process.execPath, ['--import', HOOK, worker.pathname], { encoding: 'utf8' });
    expect(stdout).toContain('/packages/worker/src/index.ts\n');
    expect(stdout).not.toMatch(
      /packages\/runtime\/src\/index\.ts|node_modules\/(fastify|pino|convict|prom-client)\//,
    );
  },
);
