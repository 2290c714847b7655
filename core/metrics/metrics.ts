import type { Status } from "../control/status.js";
import type { EventStream } from "../events/event-stream.js";
import type { Hooks } from "../hooks.js";
import type { Mount } from "../model/mount-driver.js";
import type { Search } from "../search/search.js";
import type { Store } from "../store/store.js";
import type { MetricRegistry } from "./registry.js";
import type { MeasuredOrigin, ScanFigures } from "./sources.js";

/** The parts of a daemon that are measured. */
export interface MeasuredParts {
  readonly status: () => Status;
  readonly mount: Mount;
  readonly store?: Store;
  readonly search: Search;
  readonly events: EventStream;
  readonly origins: ReadonlyMap<string, MeasuredOrigin>;
  readonly hooks: Hooks;
}

/** The metrics of an instance. What makes them is loaded, and the event loop watched, from the first reader on. */
export class Metrics {
  readonly #parts: MeasuredParts;
  readonly #scans = new Map<string, ScanFigures>();
  #registry: Promise<MetricRegistry> | undefined;

  constructor(parts: MeasuredParts) {
    this.#parts = parts;
    parts.hooks.scanCompleted.follow((last) => {
      const { completed = 0, failed = 0 } = this.#scans.get(last.originId) ?? {};
      this.#scans.set(last.originId, {
        last,
        completed: completed + (last.complete ? 1 : 0),
        failed: failed + (last.complete ? 0 : 1),
      });
    });
  }

  /** The text format of Prometheus. */
  async render(): Promise<string> {
    this.#registry ??= this.#load();
    return (await this.#registry).render();
  }

  async close(): Promise<void> {
    (await this.#registry)?.close();
  }

  async #load(): Promise<MetricRegistry> {
    const { createMetricRegistry } = await import("./registry.js");
    const { status, mount, store, search, events, origins } = this.#parts;
    return createMetricRegistry({
      status,
      statistics: () => mount.statistics(),
      latencies: () => mount.latencies?.() ?? {},
      storeStats: () => store?.stats(),
      search,
      origins,
      scans: this.#scans,
      subscribers: () => events.subscribers,
    });
  }
}
