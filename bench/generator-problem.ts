import { programProblem } from '../tests/harness/programs.ts';

/** Why nothing can be measured with the load generator here, for `skipFor`; undefined where it can. */
export const generatorProblem =
  process.platform === 'linux' ? programProblem('cc', 'gcc') : 'the load generator needs epoll, so Linux';
