import { IN, MAX_READ_BYTES, OUT_HEADER_BYTES, REQUEST_BUFFER_BYTES } from "./protocol.js";
import type { Syscalls } from "./syscalls.js";
import { putWords } from "./words.js";

/** Where answers are made: data starts at a page of its own, with the header right before it. */
const DATA_BYTE = 4096;
const HEADER_BYTE = DATA_BYTE - OUT_HEADER_BYTES;
const WORD = 2 ** 32;

/**
 * One worker's end of `/dev/fuse`: the request it holds, and the answer that it makes, each in a buffer that
 * is used again. Nothing here allocates.
 */
export class Channel {
  /** The request, as bytes and as words; see the offsets in `protocol.ts`. */
  readonly requestBytes: Buffer;
  readonly request: Uint32Array;
  /** The answer's data, which {@link reply} sends; as bytes, as words, and as 64-bit numbers where aligned. */
  readonly dataBytes: Buffer;
  readonly data: Uint32Array;
  readonly dataAddress: number;
  /** Length of the last answer. */
  answerBytes = 0;

  readonly #syscalls: Syscalls;
  readonly #fd: number;
  readonly #requestAddress: number;
  readonly #header: Uint32Array;
  readonly #headerAddress: number;

  constructor(syscalls: Syscalls, fd: number) {
    const incoming = new ArrayBuffer(REQUEST_BUFFER_BYTES);
    const outgoing = new ArrayBuffer(DATA_BYTE + MAX_READ_BYTES);
    this.#syscalls = syscalls;
    this.#fd = fd;
    this.requestBytes = Buffer.from(incoming);
    this.request = new Uint32Array(incoming);
    this.#requestAddress = syscalls.addressOf(this.requestBytes);
    this.dataBytes = Buffer.from(outgoing, DATA_BYTE);
    this.data = new Uint32Array(outgoing, DATA_BYTE);
    this.dataAddress = syscalls.addressOf(new Uint8Array(outgoing)) + DATA_BYTE;
    this.#header = new Uint32Array(outgoing, HEADER_BYTE, OUT_HEADER_BYTES / 4);
    this.#headerAddress = this.dataAddress - OUT_HEADER_BYTES;
  }

  get opcode(): number {
    return this.request[IN.opcode] as number;
  }
  get uniqueLow(): number {
    return this.request[IN.unique] as number;
  }
  get uniqueHigh(): number {
    return this.request[IN.unique + 1] as number;
  }
  get pid(): number {
    return this.request[IN.pid] as number;
  }
  get nodeLow(): number {
    return this.request[IN.node] as number;
  }
  get nodeHigh(): number {
    return this.request[IN.node + 1] as number;
  }

  /** A 64-bit number of the request, by the offset of its first word; exact up to 2^53. */
  requestNumber(word: number): number {
    return (this.request[word] as number) + (this.request[word + 1] as number) * WORD;
  }

  /** Writes a 64-bit number into the answer. */
  putNumber(word: number, value: number): void {
    putWords(this.data, word, value);
  }

  /** Takes the next request. @returns its length, or a negative errno: EAGAIN when there is none. */
  receive(): number {
    return this.#syscalls.read(this.#fd, this.#requestAddress, REQUEST_BUFFER_BYTES);
  }

  /** Answers with the first `lengthBytes` of the data. @returns a negative errno when nobody waits any more. */
  reply(lengthBytes: number): number {
    return this.#send(OUT_HEADER_BYTES + lengthBytes, 0);
  }

  replyError(errno: number): number {
    return this.#send(OUT_HEADER_BYTES, errno);
  }

  #send(lengthBytes: number, errno: number): number {
    this.answerBytes = lengthBytes;
    this.#header[0] = lengthBytes;
    this.#header[1] = -errno;
    this.#header[2] = this.uniqueLow;
    this.#header[3] = this.uniqueHigh;
    return this.#syscalls.write(this.#fd, this.#headerAddress, lengthBytes);
  }
}
