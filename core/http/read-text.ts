import { OriginError } from "../model/origin-error.js";

/**
 * A body as text.
 *
 * @throws OriginError `wrong` when it is longer than `maxBytes`, and what the body rejects with.
 */
export async function readText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new OriginError("wrong", `an answer is longer than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
