import { styleText } from 'node:util';
import { hasProgram } from '../tests/conformance/programs.ts';

/**
 * Whether the tests that measure can run. Where they cannot they are skipped, with a line that nobody overlooks.
 *
 * @throws Error instead if REQUIRE_DOCKER=1, see `hasProgram`
 */
export function canMeasure(): boolean {
  if (process.platform === 'linux') return hasProgram('cc', 'gcc');
  console.warn(styleText('yellow', 'SKIPPED the tests with the load generator: it needs epoll, so Linux'));
  return false;
}
