import { definePlugin, httpUrl, originOptions, secret, z } from "musicfs";

const unixSocket = z
  .string()
  .regex(/^unix:\/.+/u, 'expected an address, or "unix:" and the path of a socket')
  .max(200);

const options = z
  .strictObject({
    /** Where the other one's control API is: `"http://host:7171"`, `"https://…"`, or `"unix:/…/default.sock"`. */
    url: z.union([unixSocket, httpUrl()]),
    /** Its `control.tcp.token`: text, `{ env }`, `{ file }` or `{ credential }`. Not needed on a Unix socket. */
    token: secret().optional(),
    /** Certificates in PEM that its own is signed by, where the system does not know them; relative to the config. */
    caFile: z.string().min(1).max(4096).optional(),
    /** Only this one of its origins, with its paths as they are. @default all, each in a folder with its id */
    origin: z.string().min(1).max(200).optional(),
    ...originOptions({ concurrency: 16 }),
  })
  .refine(({ url, token }) => token !== undefined || url.startsWith("unix:"), {
    path: ["token"],
    message: "expected the other one's control.tcp.token",
  });

/** The library of another MusicFS; see README.md beside this file. */
export const originMusicfs = definePlugin({
  name: "origin-musicfs",
  provides: ["origin"],
  options,
  instance: ({ id, url, origin }) => id ?? (origin === undefined ? url : `${url}#${origin}`),
  setup({ hooks, configDir, readSecret }, { url, token, caFile, origin, id, ...settings }) {
    if (!settings.enabled) return;
    const defaultId = origin === undefined ? url : `${url}#${origin}`;
    hooks.openOrigin.tap(async () => {
      // What speaks the control API is loaded by those who need it: it takes 10 MB.
      const { openMusicfsOrigin } = await import("./musicfs-origin.js");
      return openMusicfsOrigin({
        id: id ?? defaultId,
        url,
        settings,
        configDir,
        ...(token ? { token: () => readSecret(token) } : {}),
        ...(caFile === undefined ? {} : { caFile }),
        ...(origin === undefined ? {} : { origin }),
      });
    });
  },
});
