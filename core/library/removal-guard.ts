import type { Catalogue } from "../catalogue/catalogue.js";
import type { HeldRemoval } from "../model/origin.js";
import type { LibraryOrigin } from "./library-origin.js";

/** A greater part of an origin is not removed at once. */
const MAX_PART = 0.2;
/** So many files may go at once however few there are. */
const MIN_FILES = 20;
/** What goes within this time goes at once, in milliseconds. */
const WINDOW_MS = 60_000;
/** How much later a listing must be that shows the same as the one that was held, in milliseconds. */
const HOLD_MS = 600_000;

/** What is to be removed of an origin, and after what kind of look at it. */
export interface WantedRemoval {
  /** Files that are missing. */
  readonly missing: number;
  /** Files that the origin had. */
  readonly known: number;
  /** Files that were listed, if everything was; `undefined` after a look at some paths. */
  readonly listed: number | undefined;
}

export interface RemovalGuardOptions {
  readonly catalogue: Catalogue;
  /** Told when a removal is held, when another one is, and when none is any more. */
  readonly onChange: (source: LibraryOrigin, held: HeldRemoval | undefined) => void;
}

/**
 * Decides whether files that are missing may be removed. A large part of an origin that vanishes at once is more
 * likely a disk that is not mounted than somebody's wish: it is held until a later listing shows the same, or
 * somebody confirms it. An origin that shows nothing at all is only ever believed when it is confirmed.
 */
export class RemovalGuard {
  readonly #options: RemovalGuardOptions;
  /** Removals of the last minute, asked for and not only allowed, by origin. */
  readonly #recent = new Map<number, { sinceMs: number; files: number }>();

  constructor(options: RemovalGuardOptions) {
    this.#options = options;
  }

  held({ number }: LibraryOrigin): HeldRemoval | undefined {
    return this.#options.catalogue.heldRemoval(number);
  }

  /** Milliseconds until a listing may release what is held; `undefined` when nothing is. */
  releasableInMs(source: LibraryOrigin): number | undefined {
    const held = this.held(source);
    return held && Math.max(0, held.sinceMs + HOLD_MS - Date.now());
  }

  /** Whether the missing files may be removed now; if not, they are held. */
  allows(source: LibraryOrigin, wanted: WantedRemoval): boolean {
    const held = this.held(source);
    if (this.#isOrdinary(source, wanted)) {
      if (held && wanted.listed !== undefined) this.release(source);
      return true;
    }
    if (wanted.listed && held && this.#isReleased(held, wanted)) {
      this.release(source);
      return true;
    }
    this.#hold(source, wanted, held);
    return false;
  }

  /** Forgets what is held. */
  release(source: LibraryOrigin): void {
    this.#recent.delete(source.number);
    if (!this.held(source)) return;
    this.#options.catalogue.setHeldRemoval(source.number, undefined);
    this.#options.onChange(source, undefined);
  }

  #isOrdinary(source: LibraryOrigin, { missing, known, listed }: WantedRemoval): boolean {
    if (missing === 0) return true;
    if (listed === 0) return false;
    const recent = this.#recentOf(source);
    const before = listed === undefined ? recent.files : 0;
    if (listed === undefined) recent.files += missing;
    return before + missing <= Math.max(MIN_FILES, MAX_PART * (known + before));
  }

  #recentOf({ number }: LibraryOrigin) {
    const now = performance.now();
    const known = this.#recent.get(number);
    if (known && now - known.sinceMs < WINDOW_MS) return known;
    const recent = { sinceMs: now, files: 0 };
    this.#recent.set(number, recent);
    return recent;
  }

  // The same again, late enough; much more than that is another accident.
  #isReleased(held: HeldRemoval, { missing, known }: WantedRemoval): boolean {
    const ageMs = Date.now() - held.sinceMs;
    return ageMs >= HOLD_MS && missing <= held.files + Math.max(MIN_FILES, MAX_PART * known);
  }

  #hold(
    source: LibraryOrigin,
    { missing, known, listed }: WantedRemoval,
    held: HeldRemoval | undefined,
  ): void {
    // Pieces of one accident come one after the other, until a listing shows the whole.
    const files = listed === undefined && held ? held.files + missing : missing;
    if (held && held.files >= files) return;
    const grown = held && files > held.files + Math.max(MIN_FILES, MAX_PART * known);
    const sinceMs = held && !grown ? held.sinceMs : Date.now();
    const next = { files: Math.min(files, known), ofFiles: known, sinceMs };
    this.#options.catalogue.setHeldRemoval(source.number, next);
    this.#options.onChange(source, next);
  }
}
