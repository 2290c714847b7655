import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { statusMessage } from "../status-message.js";

export function statusMethods({ daemon }: ControlContext): Pick<Methods, "getStatus" | "shutdown"> {
  return {
    getStatus: () => statusMessage(daemon.status()),
    shutdown: ({ timeoutMs }) => {
      void daemon.stop("somebody asked for it", timeoutMs);
      return {};
    },
  };
}
