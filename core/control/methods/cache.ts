import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { unimplemented } from "./unimplemented.js";

export function cacheMethods(
  _context: ControlContext,
): Pick<
  Methods,
  | "getCacheStats"
  | "getCacheUsage"
  | "clearCache"
  | "prefetch"
  | "verifyCache"
  | "collectCacheGarbage"
  | "listCachePins"
  | "pinCache"
  | "unpinCache"
> {
  return {
    getCacheStats: unimplemented("content store"),
    getCacheUsage: unimplemented("content store"),
    clearCache: unimplemented("content store"),
    prefetch: unimplemented("content store"),
    verifyCache: unimplemented("content store"),
    collectCacheGarbage: unimplemented("content store"),
    listCachePins: unimplemented("content store"),
    pinCache: unimplemented("content store"),
    unpinCache: unimplemented("content store"),
  };
}
