import type { ClassOfService } from '@echo-daytime/stamp';
import { dscpText } from '../targets/dscp.ts';
import { type Changes, changesOf } from './change-report.ts';

/** What can be changed in the mark of a request and of its reply. The set is closed, because it is a metric label. */
export const markFields = ['dscp', 'ecn', 'reply_dscp'] as const;
export type MarkField = (typeof markFields)[number];

/** What became of the mark of a request and of its reply on their way. */
export type MarkReport =
  | (Changes<MarkField> & {
      /** Of the request, as the reflector received it. */
      readonly dscp: number;
      /** Of the reply, as it was received here; undefined where the kernel does not tell. */
      readonly replyDscp: number | undefined;
    })
  | { readonly unknown: string };

/** DSCP of a traffic class, whose lower bits are ECN. */
const DSCP_SHIFT = 2;

/**
 * Compares the marks of a request and its reply with what they were sent with, which for both is the same DSCP, and no ECN.
 *
 * @param told by the reflector
 * @param replyClass traffic class of the reply; NaN where the kernel does not tell
 */
export function compareMarks(sent: number, told: ClassOfService, replyClass: number): MarkReport {
  const { isDenied, receivedDscp, receivedEcn } = told;
  const replyDscp = Number.isNaN(replyClass) ? undefined : replyClass >> DSCP_SHIFT;
  return {
    changes: changesOf<MarkField>({
      dscp: receivedDscp === sent ? undefined : `DSCP ${dscpText(sent)} → ${dscpText(receivedDscp)}`,
      ecn: receivedEcn === 0 ? undefined : `ECN 0 → ${receivedEcn}`,
      reply_dscp: isDenied
        ? `DSCP ${dscpText(sent)} of the reply refused by the reflector`
        : replyChange(sent, replyDscp),
    }),
    dscp: receivedDscp,
    replyDscp,
  };
}

function replyChange(sent: number, received: number | undefined): string | undefined {
  if (received === undefined || received === sent) return undefined;
  return `DSCP of the reply ${dscpText(sent)} → ${dscpText(received)}`;
}
