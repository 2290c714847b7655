import { writevSync } from "node:fs";
import type { LateAnswers } from "musicfs";
import { errnoOf, isLive, settledBy } from "musicfs/vfs";
import { entryBytes, type Ownership } from "./attributes.js";
import type { LateLookup, LateOpen, LateRead, RequestId } from "./messages.js";
import { OP, OUT_HEADER_BYTES } from "./protocol.js";
import { SYSTEM_ERRNO } from "./syscalls.js";

/** Is told what was done. */
export interface LateFigures {
  copied(bytes: number): void;
  /** A request was answered, or failed, after so many milliseconds. */
  took(opcode: number, tookMs: number): void;
}

const WORD = 2 ** 32;
/** How long an OPEN waits for its file to be looked at again. */
const REFRESH_MS = 10_000;

/**
 * Answers what a FUSE worker handed over: on the main thread, as long as it takes, however many at a time.
 */
export class LateRequests {
  readonly #fd: number;
  readonly #late: LateAnswers;
  readonly #ownership: Ownership;
  readonly #figures: LateFigures;
  readonly #running = new Map<number, AbortController>();
  #isClosed = false;
  #idle: (() => void) | undefined;

  constructor(fd: number, late: LateAnswers, ownership: Ownership, figures: LateFigures) {
    this.#fd = fd;
    this.#late = late;
    this.#ownership = ownership;
    this.#figures = figures;
  }

  /** Answers a READ. */
  read(request: LateRead): Promise<void> {
    return this.#run(OP.read, request, async (signal) => {
      const { ino, revision, offsetBytes, lengthBytes } = request;
      await this.#late.read(ino, revision, offsetBytes, lengthBytes, signal, async (data) => {
        signal.throwIfAborted();
        if (data.length !== lengthBytes && !isLive(ino))
          throw new Error(`${data.length} bytes instead of ${lengthBytes}`);
        this.#reply(request, 0, data);
        this.#figures.copied(data.length);
      });
    });
  }

  /** Answers a LOOKUP, of which the kernel keeps nothing. */
  lookup(request: LateLookup): Promise<void> {
    return this.#run(OP.lookup, request, async (signal) => {
      const node = await this.#late.lookup(request.parentIno, request.name, signal);
      signal.throwIfAborted();
      if (node) this.#reply(request, 0, entryBytes(node, this.#ownership, 0));
      else this.#reply(request, SYSTEM_ERRNO.ENOENT);
    });
  }

  /** Answers an OPEN of a changed file with ESTALE once the catalogue is right: the kernel looks it up again. */
  open(request: LateOpen): Promise<void> {
    return this.#run(OP.open, request, async (signal) => {
      await settledBy(
        this.#late.refresh(request.ino),
        AbortSignal.any([signal, AbortSignal.timeout(REFRESH_MS)]),
      );
      this.#reply(request, SYSTEM_ERRNO.ESTALE);
    });
  }

  /** The reader went away: its request is answered with EINTR. */
  interrupt(request: RequestId): void {
    this.#running.get(keyOf(request))?.abort();
  }

  /** Answers a request that nobody works on any more. */
  async fail(request: RequestId): Promise<void> {
    this.#reply(request, SYSTEM_ERRNO.EIO);
  }

  /** Takes no more requests: each is answered with EIO from now on. */
  close(): void {
    this.#isClosed = true;
  }

  /** Interrupts whatever runs. */
  abort(): void {
    this.close();
    for (const controller of this.#running.values()) controller.abort();
  }

  /** Resolves when nothing runs. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
  }

  async #run(
    opcode: number,
    request: RequestId,
    answer: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.#isClosed) return this.fail(request);
    const key = keyOf(request);
    const controller = new AbortController();
    const beganMs = performance.now();
    this.#running.set(key, controller);
    try {
      await settledBy(answer(controller.signal), controller.signal);
    } catch (error) {
      this.#reply(request, controller.signal.aborted ? SYSTEM_ERRNO.EINTR : errnoOf(error));
    } finally {
      this.#running.delete(key);
      this.#figures.took(opcode, performance.now() - beganMs);
      this.#noteIdle();
    }
  }

  // An answer waits for nobody: the kernel has its pages ready. At most 1 MiB is copied, some 0.1 ms, which is less than a turn of
  // the thread pool takes.
  #reply(request: RequestId, errno: number, data?: Uint8Array): void {
    const lengthBytes = OUT_HEADER_BYTES + (data?.length ?? 0);
    const header = new Uint32Array([lengthBytes, -errno, request.uniqueLow, request.uniqueHigh]);
    try {
      writevSync(this.#fd, data?.length ? [header, data] : [header]);
    } catch {
      // Nobody waits for it any more when the request was given up or the mount is gone.
    }
  }

  #noteIdle(): void {
    if (this.#running.size === 0) this.#idle?.();
  }
}

// The kernel's numbers are even and rise by two: they stay exact for longer than a machine lives.
function keyOf({ uniqueLow, uniqueHigh }: RequestId): number {
  return uniqueHigh * WORD + uniqueLow;
}
