import type { OriginState, StateChange } from "./health.js";

/** Shortest time between two that are told, in milliseconds: what flutters is not worth an event each time. */
const PACE_MS = 1000;

/** Tells when the state of an origin is another one, and has stayed so for a moment. */
export class StateTeller {
  readonly #onChange: (change: StateChange) => void;
  #told: OriginState = "connected";
  #toldMs = Number.NEGATIVE_INFINITY;
  #next: { readonly state: OriginState; readonly error: string | undefined } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: (change: StateChange) => void) {
    this.#onChange = onChange;
  }

  tell(state: OriginState, error: string | undefined): void {
    this.#next = { state, error };
    if (this.#timer || state === this.#told) return;
    const waitMs = this.#toldMs + PACE_MS - performance.now();
    if (waitMs <= 0) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), waitMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#next;
    if (!next || next.state === this.#told) return;
    const before = this.#told;
    this.#told = next.state;
    this.#toldMs = performance.now();
    this.#onChange({ before, ...next });
  }
}
