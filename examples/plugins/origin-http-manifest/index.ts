import { definePlugin, duration, MusicfsError, z } from "musicfs";
import { openHttpOrigin } from "./http-origin.js";

/**
 * Music on a web server that answers range requests and has a list of its files, `manifest.jsonl`. It shows
 * what an origin must do whose files do not lie on this machine; `serve-library.ts` is a server for it.
 */
export const originHttpManifest = definePlugin({
  name: "origin-http-manifest",
  provides: ["origin"],
  options: z.strictObject({
    /** Address of the folder that holds the manifest and the files. */
    url: z.url({ protocol: /^https?$/ }),
    /** Names the origin in the catalogue. @default the address */
    id: z.string().min(1).max(200).optional(),
    /** Longest that the server may take to answer one request. @default "30 s" */
    timeout: duration({ minMs: 100 }).prefault("30 s"),
  }),
  instance: ({ id, url }) => id ?? url,
  setup({ hooks }, { url, id, timeout }) {
    const base = new URL(url.endsWith("/") ? url : `${url}/`);
    if (base.username !== "") {
      throw new MusicfsError(
        "MFS_CONFIG_INVALID",
        "a password does not belong into an address, which is logged",
      );
    }
    hooks.openOrigin.tap(() => openHttpOrigin({ id: id ?? url, base, timeoutMs: timeout }));
  },
});
