import { definePlugin, originOptions, webOptions, z } from "musicfs";

const options = z
  .strictObject({
    ...originOptions({ concurrency: 16 }),
    ...webOptions(),
    /**
     * Whether all folders are listed in one answer (`"infinity"`), or each by itself. Most servers refuse the former.
     * @default "1"
     */
    depth: z.enum(["1", "infinity"]).default("1"),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    message: "a username needs a password, and a password a username",
    path: ["password"],
  });

/** Music on a WebDAV server; see README.md beside this file. */
export const originWebdav = definePlugin({
  name: "origin-webdav",
  provides: ["origin"],
  options,
  instance: ({ id, url }) => id ?? url,
  setup(context, settings) {
    if (!settings.enabled) return;
    const { id, url, depth } = settings;
    context.hooks.openOrigin.tap(async () => {
      // What speaks HTTP is loaded by those who need it.
      const [{ openWebClient }, { openWebdavOrigin }] = await Promise.all([
        import("musicfs/http"),
        import("./webdav-origin.js"),
      ]);
      const client = await openWebClient(settings, context);
      return openWebdavOrigin(client, { id: id ?? url, url, depth, settings });
    });
  },
});
