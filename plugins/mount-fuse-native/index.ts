import { definePlugin, z } from "musicfs";

const id = z.int().min(0).max(0xfffffffe);
const octal = z
  .string()
  .regex(/^(0o)?[0-7]{1,4}$/, "must be octal, such as '022'")
  .transform((text) => Number.parseInt(text.replace("0o", ""), 8));

/**
 * The mount driver over libfuse 2, by the npm package `fuse-native`: for macOS, and for machines on which
 * `mountFuse()` cannot run. See README.md beside this file for what it needs, and for its limits.
 */
export const mountFuseNative = definePlugin({
  name: "mount-fuse-native",
  provides: ["mount"],
  options: z.strictObject({
    /**
     * Let other users see the mount; without it only the one who mounted does, and not even root. When not
     * root, `/etc/fuse.conf` must hold the line `user_allow_other`. @default false
     */
    allowOther: z.boolean().default(false),
    /** Owner of everything in the mount, as a number. @default the user who runs MusicFS */
    uid: id.optional(),
    /** Group of everything in the mount, as a number. @default the group of who runs MusicFS */
    gid: id.optional(),
    /** Permissions to take away, of 0444 for files and 0555 for directories; octal. @default "022" */
    umask: z.union([z.int().min(0).max(0o777), octal]).default(0o022),
  }),
  setup({ hooks }, options) {
    // Loaded when it is chosen: a config imports every plugin that comes with MusicFS.
    hooks.provideMount.tap(async () => {
      const { createFuseNativeDriver } = await import("./driver.js");
      return createFuseNativeDriver(options);
    });
  },
});
