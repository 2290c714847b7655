import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function eventMethods(_context: ControlContext): Pick<Methods, "subscribeEvents"> {
  return {
    subscribeEvents: unimplemented("event stream"),
  };
}
