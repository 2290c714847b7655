import type { OriginFile } from "../model/origin.js";
import { OriginError } from "../model/origin-error.js";
import { PreconditionFailed, type WantedRange } from "./range-answer.js";
import { PinnedETags, plainETag } from "./validators.js";
import type { WebClient, WebRequest } from "./web-client.js";

export interface FileReaderOptions {
  /**
   * Whether 412 settles it. Where not, the file is asked for without a condition, and the answer's own headers decide:
   * a server may call a version weak, which matches nothing, or know it by an ETag in one place and not in another.
   *
   * @default false
   */
  readonly trustsPreconditions?: boolean;
  /** Looks at a file as `Origin.stat` does: where an answer to a range says nothing of the version, that decides. */
  readonly stat?: (path: string, signal: AbortSignal) => Promise<OriginFile | undefined>;
}

/**
 * Reads pieces of files of a web server, each of one version only: by the ETag that its listing has, or else the one that
 * came with its first bytes, or else by size and time.
 */
export class FileReader {
  readonly #client: WebClient;
  readonly #options: FileReaderOptions;
  readonly #pins = new PinnedETags();
  /** Whether `If-Match` was found to say nothing here. */
  #isConditionVain = false;

  constructor(client: WebClient, options: FileReaderOptions = {}) {
    this.#client = client;
    this.#options = options;
  }

  /**
   * As `Origin.read`.
   *
   * @throws OriginError, `signal.reason`
   */
  async read(
    request: WebRequest,
    file: OriginFile,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
    target?: Uint8Array,
  ): Promise<Uint8Array> {
    signal.throwIfAborted();
    const length = Math.min(lengthBytes, file.sizeBytes - offsetBytes);
    if (length <= 0) return new Uint8Array(0);
    const pinned = `${file.sizeBytes} ${file.mtimeMs} ${file.path}`;
    const wanted: WantedRange = {
      offsetBytes,
      lengthBytes: length,
      sizeBytes: file.sizeBytes,
      modifiedMs: file.mtimeMs,
      etag: file.version ?? this.#pins.get(pinned),
      target,
    };
    try {
      const { bytes, etag, isProven } = await this.#conditionally(request, wanted, signal);
      if (!isProven) await this.#requireSame(request, file, signal);
      if (file.version === undefined && etag !== undefined) this.#pins.pin(pinned, plainETag(etag));
      return bytes;
    } catch (error) {
      if (error instanceof OriginError && error.kind === "changed") this.#pins.forget(pinned);
      throw error;
    }
  }

  async #requireSame({ what }: WebRequest, file: OriginFile, signal: AbortSignal): Promise<void> {
    const { stat } = this.#options;
    if (!stat) return;
    const now = await stat(file.path, signal);
    if (!now) throw new OriginError("missing", `${this.#client.server}: ${what}: it is gone`);
    const isSame =
      now.sizeBytes === file.sizeBytes && now.mtimeMs === file.mtimeMs && now.version === file.version;
    if (!isSame) throw new OriginError("changed", `${this.#client.server}: ${what}: it has changed`);
  }

  async #conditionally(request: WebRequest, wanted: WantedRange, signal: AbortSignal) {
    const ifMatch = this.#isConditionVain ? undefined : wanted.etag;
    try {
      return await this.#client.readRange(request, { ...wanted, ifMatch }, signal);
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
      if (this.#options.trustsPreconditions) {
        throw new OriginError("changed", `${this.#client.server}: ${request.what}: it has changed`);
      }
      const answer = await this.#client.readRange(request, wanted, signal);
      this.#isConditionVain = answer.etag === undefined;
      return answer;
    }
  }
}
