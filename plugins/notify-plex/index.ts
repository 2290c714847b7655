import { definePlugin, httpUrl, notifierOptions, secret, startNotifier, z } from "musicfs";
import { refreshPlex } from "./plex.js";

const options = z.strictObject({
  /** Address of the server. @default "http://localhost:32400" */
  url: httpUrl().prefault("http://localhost:32400"),
  /** A token of the server's owner: text, `{ env }`, `{ file }` or `{ credential }`. */
  token: secret(),
  /** Where Plex sees the mount. @default the mountpoint */
  path: z.string().startsWith("/").max(4096).optional(),
  ...notifierOptions(),
});

/** Tells Plex what changed; see README.md beside this file. */
export const notifyPlex = definePlugin({
  name: "notify-plex",
  options,
  instance: ({ url }) => new URL(url).host,
  async setup(context, { url, token, path, quiet, maxWait }) {
    await context.readSecret(token);
    startNotifier(context, {
      server: `Plex at ${url}`,
      id: new URL(url).host,
      quietMs: quiet,
      maxWaitMs: maxWait,
      async notify({ mountpoint, folders }, signal) {
        const plex = { url, token: await context.readSecret(token) };
        await refreshPlex(plex, path ?? mountpoint, folders, signal);
      },
    });
  },
});
