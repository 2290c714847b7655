import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function searchMethods(_context: ControlContext): Pick<Methods, "search" | "searchStream"> {
  return {
    search: unimplemented("search"),
    searchStream: unimplemented("search"),
  };
}
