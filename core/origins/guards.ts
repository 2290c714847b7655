import type { Catalogue } from "../catalogue/catalogue.js";
import type { Hooks, OriginChange } from "../hooks.js";
import type { LibraryOrigin } from "../library/library-origin.js";
import type { Logger } from "../logger.js";
import { OriginGuard } from "./guard.js";
import type { OriginState, StateChange } from "./health.js";
import { probeOrigin } from "./probe.js";

export interface GuardingOptions {
  readonly catalogue: Catalogue;
  readonly hooks: Pick<Hooks, "originChanged">;
  readonly log: Logger;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
}

/** A configured origin behind its guard. */
export interface GuardedOrigin extends LibraryOrigin {
  readonly guard: OriginGuard;
}

/** Puts each origin behind a guard, which tells of its health from then on. */
export function guardOrigins(
  sources: readonly LibraryOrigin[],
  { catalogue, hooks, log, signal }: GuardingOptions,
): GuardedOrigin[] {
  return sources.map(({ number, origin, error }) => {
    const guard: OriginGuard = new OriginGuard({
      origin,
      probe: (limited) => probeOrigin(origin, number, catalogue, limited),
      onChange: (change) => tell(change),
      log,
      signal,
    });
    const tell = (change: StateChange): void => {
      logChange(log, origin.id, change);
      const held = catalogue.heldRemoval(number);
      void hooks.originChanged.call({
        originId: origin.id,
        change: kindOf(change),
        ...(change.error === undefined ? {} : { error: change.error }),
        ...(held ? { held } : {}),
      });
    };
    guard.health.begin();
    return { number, origin: guard.origin, guard, error };
  });
}

function kindOf({ before, state }: StateChange): OriginChange["change"] {
  if (isAway(before) === isAway(state)) return "health-changed";
  return isAway(state) ? "disconnected" : "connected";
}

/** Whether nothing is asked of it. */
export function isAway(state: OriginState): boolean {
  return state === "disconnected" || state === "auth";
}

function logChange(log: Logger, id: string, { state, error }: StateChange): void {
  if (state === "connected") log.info(`origin '${id}' is well`);
  else if (state === "degraded") log.warn(`origin '${id}' is not well: ${error}`);
  else if (state === "auth") log.warn(`origin '${id}' refuses us; it is asked again now and then: ${error}`);
  else log.warn(`origin '${id}' does not answer; what is known of it stays: ${error}`);
}
