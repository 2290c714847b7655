import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function configMethods(_context: ControlContext): Pick<Methods, "reloadConfig"> {
  return {
    reloadConfig: unimplemented("reload of the config"),
  };
}
