import { definePlugin, originOptions, webOptions, z } from "musicfs";

const options = z
  .strictObject({
    ...originOptions({ concurrency: 16, pollInterval: 15 * 60_000 }),
    ...webOptions(),
    /**
     * Path below `url` of a list of all files, one JSON object a line: for a server without indexes.
     * @default the indexes of the folders
     */
    manifest: z
      .string()
      .max(1000)
      .regex(/^[^/.][^/]*(\/[^/.][^/]*)*$/u, 'expected a path such as "manifest.jsonl"')
      .optional(),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    message: "a username needs a password, and a password a username",
    path: ["password"],
  });

/** Music on a web server; see README.md beside this file. */
export const originHttp = definePlugin({
  name: "origin-http",
  provides: ["origin"],
  options,
  instance: ({ id, url }) => id ?? url,
  setup(context, settings) {
    if (!settings.enabled) return;
    const { id, url, manifest } = settings;
    context.hooks.openOrigin.tap(async () => {
      // What speaks HTTP is loaded by those who need it.
      const [{ openWebClient }, { openHttpOrigin }] = await Promise.all([
        import("musicfs/http"),
        import("./http-origin.js"),
      ]);
      const client = await openWebClient(settings, context);
      return openHttpOrigin(client, { id: id ?? url, url, manifest, settings });
    });
  },
});
