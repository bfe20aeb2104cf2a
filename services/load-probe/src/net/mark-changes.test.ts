import { expect, it } from 'vitest';
import { compareMarks } from './mark-changes.ts';

const EF = 46;
const told = { requestedDscp: EF, receivedDscp: EF, receivedEcn: 0, isDenied: false };

it('should name nothing where both marks came as they were sent', () => {
  expect(compareMarks(EF, told, EF << 2)).toEqual({ changes: [], dscp: EF, replyDscp: EF });
});

it('should name what was changed on each way, and not guess what this host does not know', () => {
  const changed = compareMarks(EF, { ...told, receivedDscp: 8, receivedEcn: 3 }, 0);
  expect(changed).toEqual({
    changes: [
      { field: 'dscp', text: 'DSCP ef (46) → cs1 (8)' },
      { field: 'ecn', text: 'ECN 0 → 3' },
      { field: 'reply_dscp', text: 'DSCP of the reply ef (46) → 0' },
    ],
    ...{ dscp: 8, replyDscp: 0 },
  });
  expect(compareMarks(EF, told, Number.NaN)).toEqual({ changes: [], dscp: EF, replyDscp: undefined });
  expect(compareMarks(EF, { ...told, isDenied: true }, 0)).toMatchObject({
    changes: [{ field: 'reply_dscp', text: 'DSCP ef (46) of the reply refused by the reflector' }],
  });
});
