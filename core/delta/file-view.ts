/** A version of a file, as far as telling where its audio lies is concerned. */
export interface FileView {
  readonly sizeBytes: number;
  /** Reads a range; fewer bytes only where the file, or what is kept of it, ends. @throws where the bytes cannot be had. */
  read(offsetBytes: number, lengthBytes: number): Promise<Buffer>;
}

/** Reads a range of which nothing may be missing; `undefined` where the file ends before. */
export async function readAll(
  file: FileView,
  offsetBytes: number,
  lengthBytes: number,
): Promise<Buffer | undefined> {
  if (offsetBytes < 0 || offsetBytes + lengthBytes > file.sizeBytes) return undefined;
  const bytes = await file.read(offsetBytes, lengthBytes);
  return bytes.length === lengthBytes ? bytes : undefined;
}

export function textAt(bytes: Buffer, at: number, length: number): string {
  return bytes.toString("latin1", at, at + length);
}
