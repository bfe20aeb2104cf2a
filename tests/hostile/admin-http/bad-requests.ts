import type { AdminRequest } from './admin-request.ts';
import { badMessages } from './bad-messages.ts';
import { badMethods } from './bad-methods.ts';
import { badPaths } from './bad-paths.ts';

/** What nobody in their right mind asks an admin port. */
export const badRequests: readonly AdminRequest[] = [...badPaths, ...badMethods, ...badMessages];
