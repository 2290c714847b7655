import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function viewMethods(_context: ControlContext): Pick<Methods, "listViews"> {
  return {
    listViews: unimplemented("views"),
  };
}
