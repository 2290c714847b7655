import type { ServiceImpl } from "@connectrpc/connect";
import type { ControlContext } from "./context.js";
import type { MusicFS } from "./gen/musicfs/v1/service_pb.js";
import { cacheMethods } from "./methods/cache.js";
import { collectionMethods } from "./methods/collections.js";
import { configMethods } from "./methods/config.js";
import { eventMethods } from "./methods/events.js";
import { fileMethods } from "./methods/files.js";
import { logMethods } from "./methods/logs.js";
import { metadataMethods } from "./methods/metadata.js";
import { originMethods } from "./methods/origins.js";
import { pluginMethods } from "./methods/plugins.js";
import { scanMethods } from "./methods/scan.js";
import { searchMethods } from "./methods/search.js";
import { statusMethods } from "./methods/status.js";
import { viewMethods } from "./methods/views.js";

/** Every method of the control API; each area has its own in a file. */
export type Methods = ServiceImpl<typeof MusicFS>;

export function createMethods(context: ControlContext): Methods {
  return {
    ...statusMethods(context),
    ...metadataMethods(context),
    ...searchMethods(context),
    ...originMethods(context),
    ...scanMethods(context),
    ...viewMethods(context),
    ...cacheMethods(context),
    ...collectionMethods(context),
    ...eventMethods(context),
    ...fileMethods(context),
    ...pluginMethods(context),
    ...configMethods(context),
    ...logMethods(context),
  };
}
