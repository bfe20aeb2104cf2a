/** A stream in pieces, as packets arrive. The cuts are part of the input. */
export interface Pieces {
  /** 0 to 255, by which the parser chooses its settings. */
  readonly setting: number;
  /** Never empty ones. */
  readonly pieces: readonly Piece[];
}

export interface Piece {
  readonly bytes: Buffer;
  /** Whether the piece comes after a time without bytes. */
  readonly afterGap: boolean;
}

const MAX_CUTS = 32;
const GAP_BIT = 0x80;

/**
 * Reads a stream and its cuts from the bytes of one input: the setting, the number of cuts, a byte for each piece but
 * the last (its length, and in the highest bit whether a gap comes before it), the stream. Any bytes are valid.
 */
export function readPieces(input: Buffer): Pieces {
  const setting = input[0] ?? 0;
  const cuts = input.subarray(2, 2 + ((input[1] ?? 0) % MAX_CUTS));
  let rest = input.subarray(2 + cuts.length);
  const pieces: Piece[] = [];
  for (const cut of cuts) {
    const length = cut & ~GAP_BIT;
    pieces.push({ bytes: rest.subarray(0, length), afterGap: (cut & GAP_BIT) !== 0 });
    rest = rest.subarray(length);
  }
  pieces.push({ bytes: rest, afterGap: false });
  return { setting, pieces: pieces.filter(({ bytes }) => bytes.length > 0) };
}

/** The input that `readPieces` reads as these pieces; at most 127 bytes in each piece but the last. */
export function writePieces(setting: number, ...pieces: readonly string[]): Buffer {
  const bytes = pieces.map((piece) => Buffer.from(piece, 'latin1'));
  const cuts = bytes.slice(0, -1).map(({ length }) => length);
  return Buffer.concat([Buffer.from([setting, cuts.length, ...cuts]), ...bytes]);
}
