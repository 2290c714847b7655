import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function metadataMethods(_context: ControlContext): Pick<Methods, "getMetadata"> {
  return {
    getMetadata: unimplemented("metadata to read"),
  };
}
