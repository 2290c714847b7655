import { OriginError } from "musicfs";
import { ATTRIBUTE } from "./protocol.js";

/** What a server tells of a file, as far as it matters here. */
export interface Attributes {
  readonly sizeBytes: number | undefined;
  /** Type and permissions as in `st_mode`. */
  readonly mode: number | undefined;
  /** Seconds since 1970: version 3 has no fractions. */
  readonly mtimeSeconds: number | undefined;
}

/** The fields of an answer, one after the other. A length that is not so is noticed, whatever the server says. */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint32(): number {
    return this.raw(4).readUInt32BE(0);
  }

  /** @throws for numbers that no file can have. */
  uint64(): number {
    const value = this.raw(8).readBigUInt64BE(0);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`it names the number ${value}`);
    return Number(value);
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    return this.raw(this.uint32());
  }

  /** So many bytes as they are: a view. */
  raw(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw malformed("it ends before what it says it holds");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  attributes(): Attributes {
    const flags = this.uint32();
    const has = (flag: number): boolean => (flags & flag) !== 0;
    const sizeBytes = has(ATTRIBUTE.size) ? this.uint64() : undefined;
    if (has(ATTRIBUTE.owner)) this.raw(8);
    const mode = has(ATTRIBUTE.permissions) ? this.uint32() : undefined;
    const mtimeSeconds = has(ATTRIBUTE.times) ? this.raw(8).readUInt32BE(4) : undefined;
    if (has(ATTRIBUTE.extended)) {
      for (let left = this.uint32(); left > 0; left--) {
        this.bytes();
        this.bytes();
      }
    }
    return { sizeBytes, mode, mtimeSeconds };
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }
}

/** A request as it goes over the wire. Numbers are 32 bits wide, bigints 64; bytes and text carry their length. */
export function encodeRequest(
  type: number,
  id: number,
  fields: readonly (number | bigint | Buffer | string)[],
): Buffer {
  const parts: Buffer[] = [Buffer.alloc(9)];
  for (const field of fields) {
    if (typeof field === "number") parts.push(uint32(field));
    else if (typeof field === "bigint") parts.push(uint64(field));
    else {
      const bytes = typeof field === "string" ? Buffer.from(field) : field;
      parts.push(uint32(bytes.length), bytes);
    }
  }
  const packet = Buffer.concat(parts);
  packet.writeUInt32BE(packet.length - 4, 0);
  packet[4] = type;
  packet.writeUInt32BE(id, 5);
  return packet;
}

export function malformed(how: string): OriginError {
  return new OriginError("wrong", `the SFTP server's answer makes no sense: ${how}`);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(value, 0);
  return bytes;
}
