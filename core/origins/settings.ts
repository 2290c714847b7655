import type { Origin, OriginSettings } from "../model/origin.js";

/** What holds for an origin whose plugin says nothing. */
export const DEFAULT_SETTINGS: OriginSettings = {
  enabled: true,
  priority: 0,
  pollInterval: 300_000,
  concurrency: 8,
  timeout: 30_000,
  idleTimeout: 5_000,
};

/** Local files are opened by whoever wants them: the limit is there for a disk that hangs. */
const LOCAL_CONCURRENCY = 64;

/** The settings of an origin, with the defaults of those that it does not name. */
export function settingsOf(origin: Pick<Origin, "settings" | "local">): OriginSettings {
  const concurrency = origin.local ? LOCAL_CONCURRENCY : DEFAULT_SETTINGS.concurrency;
  return { ...DEFAULT_SETTINGS, concurrency, ...origin.settings };
}
