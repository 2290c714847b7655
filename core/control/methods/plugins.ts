import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function pluginMethods(_context: ControlContext): Pick<Methods, "listPlugins"> {
  return {
    listPlugins: unimplemented("list of plugins"),
  };
}
