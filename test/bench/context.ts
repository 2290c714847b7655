import type { Cleanup } from "./cleanup.js";
import type { BenchOptions } from "./options.js";

/** What every figure is measured with. */
export interface BenchContext {
  readonly options: BenchOptions;
  readonly cleanup: Cleanup;
  /** An empty folder for this figure alone. */
  readonly folder: string;
  /** A folder for what several figures use. */
  readonly shared: string;
  /** Says on stderr what is going on. */
  readonly say: (message: string) => void;
}
