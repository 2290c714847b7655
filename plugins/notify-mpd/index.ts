import { homedir } from "node:os";
import { join } from "node:path";
import { definePlugin, notifierOptions, secret, startNotifier, z } from "musicfs";
import { updateMpd } from "./mpd.js";

const options = z.strictObject({
  /** Where MPD listens: a host, or the path of its Unix socket. @default "localhost" */
  host: z.string().min(1).max(255).default("localhost"),
  /** The port of a host. @default 6600 */
  port: z.int().min(1).max(65_535).default(6600),
  /** MPD's password, where it has one: text, `{ env }`, `{ file }` or `{ credential }`. */
  password: secret().optional(),
  /** The mount below MPD's `music_directory`, such as `"musicfs"`. @default "", the mount is that folder */
  directory: z
    .string()
    .max(4096)
    .regex(/^(?:[^/\r\n\0]+(?:\/[^/\r\n\0]+)*)?$/u, "expected a path without '/' at either end")
    .default(""),
  ...notifierOptions(),
});

/** Tells MPD what changed; see README.md beside this file. */
export const notifyMpd = definePlugin({
  name: "notify-mpd",
  options,
  instance: ({ host, port }) => (isSocket(host) ? host : `${host}:${port}`),
  async setup(context, { host, port, password, directory, quiet, maxWait }) {
    const readPassword = async () => (password ? await context.readSecret(password) : undefined);
    await readPassword();
    const address = isSocket(host) ? { path: host.replace(/^~(?=\/)/u, homedir()) } : { host, port };
    const place = isSocket(host) ? host : `${host}:${port}`;
    startNotifier(context, {
      server: `MPD at ${place}`,
      id: place,
      quietMs: quiet,
      maxWaitMs: maxWait,
      async notify({ folders }, signal) {
        const paths = folders?.map((name) => join(directory, name)) ?? [directory];
        await updateMpd({ address, password: await readPassword() }, paths, signal);
      },
    });
  },
});

function isSocket(host: string): boolean {
  return host.startsWith("/") || host.startsWith("~/");
}
