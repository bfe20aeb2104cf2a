import type { Policy } from '../policy.ts';
import { consistencyPolicies } from './consistency.ts';
import { defaultingPolicies } from './defaulting.ts';
import { lifecyclePolicies } from './lifecycle.ts';
import { monitoringPolicies } from './monitoring.ts';
import { networkPolicies } from './networking.ts';
import { privilegePolicies } from './privileges.ts';

export const policies: readonly Policy[] = [
  ...privilegePolicies,
  ...lifecyclePolicies,
  ...networkPolicies,
  ...consistencyPolicies,
  ...monitoringPolicies,
  ...defaultingPolicies,
];
