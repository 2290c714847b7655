/** Answers that are remembered. */
const REMEMBERED = 32;
/** Failures among them from which on it errs often, and down to which it does so. */
const MANY = 8;
const FEW = 2;
/** After a time without a failure what was before is forgotten, in milliseconds: one that is asked after others answers seldom. */
const CALM_MS = 60_000;
/** How long somebody is suspect who gave wrong bytes, in milliseconds. */
const SUSPECT_MS = 600_000;

/** Remembers the last answers of an origin: one that errs often, or gave wrong bytes, is asked after others. */
export class Trouble {
  readonly #failed = new Uint8Array(REMEMBERED);
  #next = 0;
  #failures = 0;
  #isFrequent = false;
  #failedMs = Number.NEGATIVE_INFINITY;
  #suspectUntilMs = 0;

  get isSuspect(): boolean {
    return performance.now() < this.#suspectUntilMs;
  }

  get isGreat(): boolean {
    return (this.#isFrequent && !this.#isCalm) || this.isSuspect;
  }

  add(isFailure: boolean): void {
    if (this.#isFrequent && this.#isCalm) this.#forget();
    if (isFailure) this.#failedMs = performance.now();
    const at = this.#next % REMEMBERED;
    this.#failures += Number(isFailure) - (this.#failed[at] ?? 0);
    this.#failed[at] = Number(isFailure);
    this.#next += 1;
    if (this.#failures >= MANY) this.#isFrequent = true;
    if (this.#failures <= FEW) this.#isFrequent = false;
  }

  suspect(): void {
    this.#suspectUntilMs = performance.now() + SUSPECT_MS;
  }

  get #isCalm(): boolean {
    return performance.now() - this.#failedMs >= CALM_MS;
  }

  #forget(): void {
    this.#failed.fill(0);
    this.#failures = 0;
    this.#isFrequent = false;
  }
}
