import type { MountDriver, MountSession } from "musicfs";
import { diagnose } from "./diagnose.js";
import { openFuseNativeMount } from "./mount.js";
import { detachStaleMount } from "./stale.js";

export interface FuseNativeOptions {
  readonly allowOther: boolean;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly umask: number;
}

/** The mount driver over libfuse 2. Its package is loaded by the first `mount` or `diagnose`. */
export function createFuseNativeDriver(options: FuseNativeOptions): MountDriver {
  const { allowOther, umask } = options;
  return {
    name: "fuse-native",
    mount: (session: MountSession) =>
      openFuseNativeMount(session, {
        allowOther,
        ownership: {
          uid: options.uid ?? process.getuid?.() ?? 0,
          gid: options.gid ?? process.getgid?.() ?? 0,
          umask,
        },
      }),
    detachStale: detachStaleMount,
    diagnose: async () => diagnose(options),
  };
}
