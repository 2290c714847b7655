import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function collectionMethods(
  _context: ControlContext,
): Pick<Methods, "listCollections" | "addCollection" | "removeCollection"> {
  return {
    listCollections: unimplemented("collections"),
    addCollection: unimplemented("collections"),
    removeCollection: unimplemented("collections"),
  };
}
