import type { Daemon } from "../daemon/daemon.js";
import type { ControlMethods } from "./server.js";

/** What the control API answers. */
export function controlMethods(daemon: Daemon): ControlMethods {
  return {
    GetStatus: async () => daemon.status(),
    Shutdown: async () => {
      void daemon.stop("somebody asked for it");
      return {};
    },
  };
}
