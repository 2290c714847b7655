import {
  AbstractTokenizer,
  EndOfStreamError,
  type IRandomAccessFileInfo,
  type IReadChunkOptions,
} from "strtok3";
import { BLOCK_BYTES, type BlockReader } from "./block-reader.js";

/** The largest piece that a parser may want in one go: an MP4's sample tables and a whole ID3 tag are. */
const MAX_PIECE_BYTES = 32 * 1024 * 1024;

/**
 * music-metadata's view of a file: its true size and random access over the blocks of a {@link BlockReader},
 * never a prefix, of which durations come out wrong without a warning.
 */
export class BlockTokenizer extends AbstractTokenizer {
  override readonly fileInfo: IRandomAccessFileInfo;
  readonly #reader: BlockReader;
  readonly #looksAtEnd: boolean;

  /**
   * @param looksAtEnd whether the format has tags (ID3v1, APEv2, Lyrics3) behind its audio. Where it hasn't,
   * the end is not looked at, which on a spinning disk or a network would be one more seek a file.
   */
  constructor(reader: BlockReader, mimeType: string, looksAtEnd: boolean) {
    super({ maxBufferSize: MAX_PIECE_BYTES });
    this.#reader = reader;
    this.#looksAtEnd = looksAtEnd;
    this.fileInfo = { size: reader.sizeBytes, mimeType };
  }

  override supportsRandomAccess(): boolean {
    return this.#looksAtEnd;
  }

  setPosition(position: number): void {
    this.validateLength(position, "position");
    this.position = position;
  }

  override async readBuffer(target: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const position = options?.position ?? this.position;
    const count = await this.peekBuffer(target, options);
    this.position = position + count;
    return count;
  }

  override async peekBuffer(target: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const { length, position, mayBeLess } = this.normalizeOptions(target, options);
    const isLarge = length > BLOCK_BYTES && position + length <= this.fileInfo.size;
    if (isLarge && (await this.#isMp4Cover(position)))
      return this.#fillCover(target.subarray(0, length), position);
    const count = await this.#read(length === target.length ? target : target.subarray(0, length), position);
    if (count < length && !mayBeLess) throw new EndOfStreamError();
    return count;
  }

  #read(target: Uint8Array, position: number): number | Promise<number> {
    return this.#reader.read(target, position);
  }

  // music-metadata takes in the picture of an MP4 even where it is to skip it: `covr` holds a `data` atom, whose
  // payload begins here (QuickTime File Format, 'Metadata item atom').
  async #isMp4Cover(position: number): Promise<boolean> {
    if (position < 16) return false;
    const headers = Buffer.alloc(16);
    await this.#read(headers, position - 16);
    return headers.toString("latin1", 4, 8) === "covr" && headers.toString("latin1", 12, 16) === "data";
  }

  /** Gives the type of a picture, and zeros in place of it. */
  async #fillCover(target: Uint8Array, position: number): Promise<number> {
    await this.#read(target.subarray(0, 8), position);
    target.fill(0, 8);
    return target.length;
  }
}
