import { definePlugin, z } from "musicfs";

const id = z.int().min(0).max(0xfffffffe);
const octal = z
  .string()
  .regex(/^(0o)?[0-7]{1,4}$/, "must be octal, such as '022'")
  .transform((text) => Number.parseInt(text.replace("0o", ""), 8));

/**
 * The mount driver for Linux, on the kernel's FUSE protocol itself: nothing to compile, no libfuse, root or
 * not (then with `fusermount3` of the Debian package `fuse3`).
 */
export const mountFuse = definePlugin({
  name: "mount-fuse",
  provides: ["mount"],
  options: z.strictObject({
    /**
     * Let the kernel read files of this disk by itself where it can: Linux 6.9, as root. @default true
     */
    passthrough: z.boolean().default(true),
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
    /** Threads that answer the kernel, 1 to 8. @default 2 */
    workers: z.int().min(1).max(8).default(2),
    /** How far the kernel reads ahead of a reader, in KiB; only root can set it. @default 1024 */
    readAheadKib: z.int().min(0).max(65_536).default(1024),
  }),
  setup({ hooks }, options) {
    // Loaded when it is chosen: a config imports every plugin that comes with MusicFS.
    hooks.provideMount.tap(async () => {
      const { createFuseDriver } = await import("./driver.js");
      return createFuseDriver(options);
    });
  },
});
