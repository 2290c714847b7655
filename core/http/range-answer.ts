import type { IncomingHttpHeaders } from "node:http";
import { OriginError } from "../model/origin-error.js";
import type { Receiver } from "./exchange.js";
import { statusError } from "./failures.js";
import { sameETag } from "./validators.js";

/** A piece of one version of a file. */
export interface WantedRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** Size of the whole file in the version that is wanted. */
  readonly sizeBytes: number;
  /** ETag of the version, where it is known: one that an answer has must be the same. */
  readonly etag?: string | undefined;
  /** ETag that the server is asked to make sure of. */
  readonly ifMatch?: string | undefined;
  /** What `Last-Modified` says of the version, where that is known, in milliseconds since 1970. */
  readonly modifiedMs?: number | undefined;
  /** Memory of `lengthBytes` bytes at least for them, so that none has to be found; nothing is written to it after a failure. */
  readonly target?: Uint8Array | undefined;
}

/** The bytes, and the ETag that came with them. */
export interface RangeAnswer {
  readonly bytes: Uint8Array;
  readonly etag: string | undefined;
  /** Whether an ETag or a time said that they are of the version that is wanted; else only the size did. */
  readonly isProven: boolean;
}

/** A server says that what it has does not match `ifMatch`. */
export class PreconditionFailed extends Error {
  override readonly name = "PreconditionFailed";
}

const CONTENT_RANGE = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/iu;
const UNSATISFIED = /^bytes \*\/(\d{1,16})$/iu;

/**
 * Takes the answer to a range request into one buffer of exactly its size, and believes nothing that it cannot check:
 * that it is the range that was asked for, of a file of the size and the version that are wanted, and neither
 * encoded, shorter nor longer.
 */
export class RangeReceiver implements Receiver {
  readonly #wanted: WantedRange;
  readonly #settled: (result: RangeAnswer) => void;
  readonly #failed: (error: unknown) => void;
  #bytes: Uint8Array = new Uint8Array(0);
  #etag: string | undefined;
  #isProven = false;
  #filled = 0;

  constructor(wanted: WantedRange, settled: (result: RangeAnswer) => void, failed: (error: unknown) => void) {
    this.#wanted = wanted;
    this.#settled = settled;
    this.#failed = failed;
  }

  start(status: number, headers: IncomingHttpHeaders): void {
    const { lengthBytes } = this.#wanted;
    if (status === 416) throw this.#unsatisfied(headers);
    if (status === 412 && this.#wanted.ifMatch !== undefined) throw new PreconditionFailed("it has changed");
    if (status !== 206 && status !== 200)
      throw statusError(status, headers) ?? wrong(`it answers ${status} to a range`);
    this.#isProven = requireVersion(headers, this.#wanted);
    requirePlain(headers);
    if (status === 206) requireRange(headers, this.#wanted);
    else requireWhole(headers, this.#wanted);
    const promised = contentLength(headers);
    if (promised !== undefined && promised !== lengthBytes)
      throw wrong(`it announces ${promised} bytes of ${lengthBytes}`);
    this.#etag = headers.etag;
    this.#bytes = this.#wanted.target?.subarray(0, lengthBytes) ?? freshBytes(lengthBytes);
  }

  data(piece: Buffer): void {
    if (this.#filled + piece.length > this.#bytes.length) {
      throw wrong(`it sends more than the ${this.#bytes.length} bytes that were asked for`);
    }
    this.#bytes.set(piece, this.#filled);
    this.#filled += piece.length;
  }

  end(): void {
    if (this.#filled < this.#bytes.length) {
      throw wrong(`it sends ${this.#filled} of ${this.#bytes.length} bytes`);
    }
    this.#settled({ bytes: this.#bytes, etag: this.#etag, isProven: this.#isProven });
  }

  fail(error: unknown): void {
    this.#failed(error);
  }

  #unsatisfied(headers: IncomingHttpHeaders): OriginError {
    const [, total] = UNSATISFIED.exec(headers["content-range"] ?? "") ?? [];
    const { sizeBytes } = this.#wanted;
    if (total === undefined || Number(total) !== sizeBytes) return changed("it has become smaller");
    return wrong("it says that there are no bytes where there are some");
  }
}

// Of its own, and not a part of a pool that others hold on to.
function freshBytes(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

function requireVersion(headers: IncomingHttpHeaders, { etag, modifiedMs }: WantedRange): boolean {
  if (etag !== undefined && headers.etag !== undefined) {
    if (!sameETag(headers.etag, etag)) throw changed("it has another ETag now");
    return true;
  }
  const now = Date.parse(headers["last-modified"] ?? "");
  if (modifiedMs === undefined || Number.isNaN(now)) return false;
  // HTTP tells whole seconds.
  if (Math.floor(modifiedMs / 1000) !== Math.floor(now / 1000)) throw changed("it was modified since");
  return true;
}

function requirePlain(headers: IncomingHttpHeaders): void {
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw wrong(`it encodes its answer (${encoding}), which was not asked for`);
}

function requireRange(
  headers: IncomingHttpHeaders,
  { offsetBytes, lengthBytes, sizeBytes }: WantedRange,
): void {
  const header = headers["content-range"] ?? "";
  const [, from, to, total] = CONTENT_RANGE.exec(header) ?? [];
  if (from === undefined || to === undefined)
    throw wrong(`it does not say which range it sends ('${header}')`);
  if (total !== "*" && Number(total) !== sizeBytes) throw changed(`it has ${total} bytes now`);
  if (Number(from) !== offsetBytes || Number(to) !== offsetBytes + lengthBytes - 1) {
    throw wrong(`it sends another range ('${header}') than the one asked for`);
  }
}

// A server may always answer with the whole; that is no use where a piece of a large file is wanted.
function requireWhole(
  headers: IncomingHttpHeaders,
  { offsetBytes, lengthBytes, sizeBytes }: WantedRange,
): void {
  const length = contentLength(headers);
  if (length !== undefined && length !== sizeBytes) throw changed(`it has ${length} bytes now`);
  if (offsetBytes === 0 && lengthBytes === sizeBytes) return;
  throw wrong("it answers with the whole file: it knows no range requests");
}

function contentLength(headers: IncomingHttpHeaders): number | undefined {
  const text = headers["content-length"];
  if (text === undefined) return undefined;
  if (!/^\d{1,16}$/u.test(text)) throw wrong(`its Content-Length is '${text}'`);
  return Number(text);
}

function wrong(message: string): OriginError {
  return new OriginError("wrong", message);
}

function changed(message: string): OriginError {
  return new OriginError("changed", `it has changed: ${message}`);
}
