import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";

/** What is to be released, in the reverse order of taking it. A step that fails is logged, and the rest go on. */
export class UndoStack {
  readonly #log: Logger;
  readonly #steps: (() => void | Promise<void>)[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  push(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        this.#log.error(`a step of stopping failed: ${messageOf(error)}`);
      }
    }
  }
}
