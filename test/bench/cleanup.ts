import { messageOf } from "#core/errors.js";

/** What is to be undone when the benchmark ends, however it ends; the last first, and each step once. */
export class Cleanup {
  readonly #steps = new Set<() => void | Promise<void>>();
  #running: Promise<void> | undefined;

  /** @returns does the step now, instead of at the end. */
  add(step: () => void | Promise<void>): () => Promise<void> {
    this.#steps.add(step);
    return async () => {
      if (this.#steps.delete(step)) await step();
    };
  }

  /** A failing step is reported on stderr and does not keep the others from running. */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    for (const step of [...this.#steps].reverse()) {
      this.#steps.delete(step);
      try {
        await step();
      } catch (error) {
        console.error(`cleaning up: ${messageOf(error)}`);
      }
    }
  }
}
