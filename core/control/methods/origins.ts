import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function originMethods(
  _context: ControlContext,
): Pick<Methods, "listOrigins" | "getOriginHealth" | "rescanOrigin" | "confirmOrigin"> {
  return {
    listOrigins: unimplemented("control of origins"),
    getOriginHealth: unimplemented("control of origins"),
    rescanOrigin: unimplemented("control of origins"),
    confirmOrigin: unimplemented("control of origins"),
  };
}
