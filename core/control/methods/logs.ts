import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function logMethods(_context: ControlContext): Pick<Methods, "readLogs" | "setLogLevel"> {
  return {
    readLogs: unimplemented("log to read"),
    setLogLevel: unimplemented("log to read"),
  };
}
