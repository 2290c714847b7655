import { definePlugin, z } from "musicfs";
import { folderNames } from "./folder-names.js";

const options = z.strictObject({
  /** Whether each origin has a folder of its own; `"auto"`: where there are several. @default "auto" */
  originFolders: z.union([z.boolean(), z.literal("auto")]).default("auto"),
});

/** The folders and names that tracks have in their origins; see README.md beside this file. */
export const layoutOrigin = definePlugin({
  name: "layout-origin",
  provides: ["layout"],
  options,
  setup({ hooks, originIds }, { originFolders }) {
    // The origins are known when the first track is placed, and stay the same from then on.
    let folders: ReadonlyMap<string, string> | undefined;
    hooks.placeTrack.tap(({ originId, path }) => {
      const segments = path.split("/");
      const ids = originIds();
      if (originFolders === "auto" ? ids.length < 2 : !originFolders) return segments;
      folders ??= folderNames(ids);
      return [folders.get(originId) ?? originId, ...segments];
    });
  },
});
