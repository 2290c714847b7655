import { definePlugin, httpUrl, notifierOptions, secret, startNotifier, z } from "musicfs";
import { callSubsonic } from "./subsonic.js";

const options = z.strictObject({
  /** Address of the server. @default "http://localhost:4533" */
  url: httpUrl().prefault("http://localhost:4533"),
  /** An administrator of the server: others may not start a scan. */
  user: z.string().min(1).max(255),
  /** The user's password: text, `{ env }`, `{ file }` or `{ credential }`. */
  password: secret(),
  /** Whether all files are read again, also those that look unchanged (Navidrome only). @default false */
  fullScan: z.boolean().default(false),
  ...notifierOptions(),
});

/** Has Navidrome, or another server that speaks Subsonic's API, scan; see README.md beside this file. */
export const notifyNavidrome = definePlugin({
  name: "notify-navidrome",
  options,
  instance: ({ url }) => new URL(url).host,
  async setup(context, { url, user, password, fullScan, quiet, maxWait }) {
    await context.readSecret(password);
    startNotifier(context, {
      server: `Navidrome at ${url}`,
      id: new URL(url).host,
      quietMs: quiet,
      maxWaitMs: maxWait,
      async notify(_, signal) {
        const login = { url, user, password: await context.readSecret(password) };
        await callSubsonic(login, "startScan", fullScan ? { fullScan: "true" } : {}, signal);
      },
    });
  },
});
