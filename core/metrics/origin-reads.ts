import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Origin } from "../model/origin.js";
import { Latency } from "./latency.js";

/** What was read of one origin, since the start. */
export interface OriginFigures {
  bytes: number;
  errors: number;
  readonly latency: Latency;
}

/** Counts what is read of the origins by the main thread; a local file that a worker opens itself is no part of it. */
export class OriginReads {
  readonly #figures = new Map<string, OriginFigures>();

  /** By the origins' ids. */
  get figures(): ReadonlyMap<string, OriginFigures> {
    return this.#figures;
  }

  /** An origin whose reads are counted, and told at the level `debug`. */
  measured(origin: Origin, log: Logger): Origin {
    const figures: OriginFigures = { bytes: 0, errors: 0, latency: new Latency() };
    this.#figures.set(origin.id, figures);
    const read: Origin["read"] = async (file, offsetBytes, lengthBytes, signal, target) => {
      const beganMs = performance.now();
      const tell = (what: string, tookMs: number): void =>
        log.debug(
          `origin '${origin.id}' ${what} at ${offsetBytes} of '${file.path}' after ${Math.round(tookMs)} ms`,
        );
      try {
        const bytes = await origin.read(file, offsetBytes, lengthBytes, signal, target);
        figures.bytes += bytes.length;
        tell(`gave ${bytes.length} bytes`, took(figures, beganMs));
        return bytes;
      } catch (error) {
        const tookMs = took(figures, beganMs);
        if (!signal.aborted) figures.errors += 1;
        tell(`failed (${messageOf(error)})`, tookMs);
        throw error;
      }
    };
    return withRead(origin, read);
  }
}

function took({ latency }: OriginFigures, beganMs: number): number {
  const tookMs = performance.now() - beganMs;
  latency.add(tookMs);
  return tookMs;
}

// An origin may be an object of any class: all else must reach the very object.
function withRead(origin: Origin, read: Origin["read"]): Origin {
  return new Proxy(origin, {
    get(target, key) {
      if (key === "read") return read;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
