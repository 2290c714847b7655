import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function scanMethods(_context: ControlContext): Pick<Methods, "getScanReport"> {
  return {
    getScanReport: unimplemented("scan report"),
  };
}
