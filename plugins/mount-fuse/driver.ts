import type { Finding, Mount, MountDriver, MountSession } from "musicfs";
import { diagnose, hasSysAdmin } from "./diagnose.js";
import { openFuseMount } from "./session.js";
import { detachStaleMount } from "./stale.js";

export interface FuseOptions {
  readonly passthrough: boolean;
  readonly allowOther: boolean;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly umask: number;
  readonly workers: number;
  readonly readAheadKib: number;
}

/** The mount driver over the kernel's FUSE protocol itself. Linux only. */
export function createFuseDriver(options: FuseOptions): MountDriver {
  const { allowOther, umask, workers, readAheadKib } = options;
  return {
    name: "fuse",
    mount: (session: MountSession): Promise<Mount> =>
      openFuseMount(session, {
        ownership: {
          uid: options.uid ?? process.getuid?.() ?? 0,
          gid: options.gid ?? process.getgid?.() ?? 0,
          umask,
        },
        allowOther,
        passthrough: options.passthrough && hasSysAdmin(),
        workers,
        readAheadKib,
      }),
    detachStale: (mountpoint, source) => detachStaleMount(mountpoint, source),
    diagnose: (): Promise<readonly Finding[]> => diagnose(options),
  };
}
