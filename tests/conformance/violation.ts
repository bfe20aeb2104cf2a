/** A clause does not hold. The message is the reason, for people. */
export class Violation extends Error {
  override readonly name: string = 'Violation';
}

/** No answer came in time. Over UDP that may be the path's doing, so it is worth another try. */
export class Silence extends Violation {
  override readonly name = 'Silence';
}

/** @throws Violation that names the first difference */
export function expectSame(sent: Buffer, received: Buffer): void {
  if (sent.equals(received)) return;
  if (sent.length !== received.length) {
    throw new Violation(`sent ${sent.length} bytes, got ${received.length} back`);
  }
  const at = sent.findIndex((byte, index) => byte !== received[index]);
  throw new Violation(
    `byte ${at} of ${sent.length} was sent as ${hex(sent[at])} and came back as ${hex(received[at])}`,
  );
}

export function hex(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16).padStart(2, '0')}`;
}
