/** CRCs that go from the highest bit down and start at 0, as FLAC and Ogg have them. */
function createTable(polynomial: number, bits: number): Uint32Array {
  const top = 2 ** (bits - 1);
  const mask = 2 ** bits - 1;
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = (byte * 2 ** (bits - 8)) >>> 0;
    for (let bit = 0; bit < 8; bit += 1)
      crc = ((crc & top ? (crc << 1) ^ polynomial : crc << 1) & mask) >>> 0;
    return crc;
  });
}

const CRC8 = createTable(0x07, 8);
const CRC16 = createTable(0x8005, 16);
const CRC32 = createTable(0x04c11db7, 32);

/** Of a FLAC frame's header (RFC 9639, 9.1.8). */
export function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = CRC8[crc ^ byte] ?? 0;
  return crc;
}

/** Of a FLAC frame (RFC 9639, 9.3). */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (CRC16[(crc >>> 8) ^ byte] ?? 0);
  return crc;
}

/** Of an Ogg page with its checksum field zeroed (RFC 3533, 6). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = (crc << 8) ^ (CRC32[((crc >>> 24) ^ byte) & 0xff] ?? 0);
  return crc >>> 0;
}
