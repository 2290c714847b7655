/** An atom: size, name, what it holds. A name that isn't ASCII (`©nam`) stands in latin1. */
export function formatAtom(name: string, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return formatLyingAtom(name, body.length + 8, body);
}

/** An atom that claims a size that may not be its own, for tests that lie. */
export function formatLyingAtom(name: string, claimedBytes: number, body: Uint8Array): Buffer {
  return Buffer.concat([uint32s(claimedBytes), Buffer.from(name, "latin1"), body]);
}

/** An atom of version 0 with flags. */
export function formatFullAtom(name: string, flags: number, ...parts: readonly Uint8Array[]): Buffer {
  return formatAtom(name, uint32s(flags), ...parts);
}

/** The matrix that changes nothing, which stands in `mvhd` and `tkhd`. */
export function formatMatrix(): Buffer {
  return uint32s(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
}

export function uint32s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

export function uint16s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
}
