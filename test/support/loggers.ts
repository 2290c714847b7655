import type { Logger } from "../../core/logger.js";

/** A logger that keeps its warnings and errors in `warnings`, and drops the rest. */
export function silentLogger(warnings: string[] = []): Logger {
  const keep = (message: string): void => {
    warnings.push(message);
  };
  const drop = (): void => undefined;
  const logger: Logger = { debug: drop, info: drop, warn: keep, error: keep, child: () => logger };
  return logger;
}
