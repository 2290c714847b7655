import { definePlugin, httpUrl, notifierOptions, secret, sendSuccessfully, startNotifier, z } from "musicfs";

const options = z.strictObject({
  /** Address of the server. @default "http://localhost:8096" */
  url: httpUrl().prefault("http://localhost:8096"),
  /** An API key (Dashboard, API Keys): text, `{ env }`, `{ file }` or `{ credential }`. */
  apiKey: secret(),
  /** Where Jellyfin sees the mount. @default the mountpoint */
  path: z.string().startsWith("/").max(4096).optional(),
  ...notifierOptions(),
});

/** Tells Jellyfin what changed; see README.md beside this file. */
export const notifyJellyfin = definePlugin({
  name: "notify-jellyfin",
  options,
  instance: ({ url }) => new URL(url).host,
  async setup(context, { url, apiKey, path, quiet, maxWait }) {
    await context.readSecret(apiKey);
    const post = async (route: string, body: object | undefined, signal: AbortSignal): Promise<void> => {
      const authorization = `MediaBrowser Token="${await context.readSecret(apiKey)}"`;
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = { authorization, "content-type": "application/json" };
      await sendSuccessfully({ url: `${url}${route}`, method: "POST", headers, ...json }, signal);
    };
    startNotifier(context, {
      server: `Jellyfin at ${url}`,
      id: new URL(url).host,
      quietMs: quiet,
      maxWaitMs: maxWait,
      notify({ mountpoint, folders }, signal) {
        if (folders === undefined) return post("/Library/Refresh", undefined, signal);
        const Updates = folders.map((name) => ({
          Path: `${path ?? mountpoint}/${name}`,
          UpdateType: "Modified",
        }));
        return post("/Library/Media/Updated", { Updates }, signal);
      },
    });
  },
});
