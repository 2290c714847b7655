import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";

export function configMethods({ daemon }: ControlContext): Pick<Methods, "reloadConfig"> {
  return {
    reloadConfig: async () => {
      const { configFile, applied, needsRestart } = await daemon.reload();
      return { configFile, applied: [...applied], needsRestart: [...needsRestart] };
    },
  };
}
