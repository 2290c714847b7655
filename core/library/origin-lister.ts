import { messageOf } from "../errors.js";
import type { Hooks, OriginChange } from "../hooks.js";
import type { HeldRemoval } from "../model/origin.js";
import type { LibraryOrigin } from "./library-origin.js";
import { compareListing, type ListingContext, type ListingResult } from "./listing.js";
import type { RemovalGuard } from "./removal-guard.js";

/** What a look at an origin did; `complete` is false when the origin failed. */
export interface LookResult extends ListingResult {
  readonly complete: boolean;
}

const NOTHING: ListingResult = { files: 0, added: 0, changed: 0, removed: 0, unreadableFolders: 0 };

/** Looks at origins, at each one by one, and says when one fails or is there again. */
export class OriginLister {
  readonly #context: ListingContext;
  readonly #guard: RemovalGuard;
  readonly #hooks: Pick<Hooks, "originChanged">;
  readonly #turns = new Map<number, Promise<unknown>>();

  constructor(
    context: Omit<ListingContext, "guard">,
    guard: RemovalGuard,
    hooks: Pick<Hooks, "originChanged">,
  ) {
    this.#context = { ...context, guard };
    this.#guard = guard;
    this.#hooks = hooks;
  }

  /**
   * Brings the catalogue up to date with what the origin lists. One that fails keeps what is known of it.
   *
   * @param paths only these, with all below them.
   * @param guard decides about removals. @default that of the library
   * @throws `signal.reason`
   */
  look(
    source: LibraryOrigin,
    paths: readonly string[] | undefined,
    signal: AbortSignal,
    guard: ListingContext["guard"] = this.#context.guard,
  ): Promise<LookResult> {
    const before = this.#turns.get(source.number) ?? Promise.resolve();
    const turn = before.then(() => this.#look({ ...this.#context, guard }, source, paths, signal));
    this.#turns.set(
      source.number,
      turn.catch(() => undefined),
    );
    return turn;
  }

  /** Says that a removal is held, or no longer is. */
  heldChanged(source: LibraryOrigin, held: HeldRemoval | undefined): void {
    this.#tell(source, "health-changed", held);
  }

  async #look(
    context: ListingContext,
    source: LibraryOrigin,
    paths: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<LookResult> {
    signal.throwIfAborted();
    context.progress.listingStarted();
    try {
      const result = await compareListing(context, source, paths, signal);
      this.#note(source, undefined);
      return { complete: true, ...result };
    } catch (error) {
      if (signal.aborted) throw error;
      this.#note(source, messageOf(error));
      return { complete: false, ...NOTHING };
    } finally {
      context.progress.listingEnded();
    }
  }

  #note(source: LibraryOrigin, error: string | undefined): void {
    const before = source.error;
    source.error = error;
    if (error !== undefined && error !== before) {
      const { id } = source.origin;
      this.#context.log.warn(`origin '${id}' cannot be listed; what is known of it stays: ${error}`);
    }
    // Its guard tells how it is.
    if (source.guard || (error === undefined) === (before === undefined)) return;
    this.#tell(source, error === undefined ? "connected" : "disconnected", this.#guard.held(source));
  }

  #tell(source: LibraryOrigin, change: OriginChange["change"], held: HeldRemoval | undefined): void {
    void this.#hooks.originChanged.call({
      originId: source.origin.id,
      change,
      ...(source.error === undefined ? {} : { error: source.error }),
      ...(held ? { held } : {}),
    });
  }
}
