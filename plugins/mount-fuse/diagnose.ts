import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { release } from "node:os";
import type { Finding } from "musicfs";
import { allowsOthers, FUSERMOUNT, INSTALL_HINT } from "./fusermount.js";
import { FUSE_DEVICE, isRoot } from "./mountpoint.js";
import { loadSyscalls } from "./syscalls.js";

const CAP_SYS_ADMIN = 21n;
const OLDEST_KERNEL = [5, 4] as const;
const PASSTHROUGH_KERNEL = [6, 9] as const;

/** Looks at what a mount needs of the machine. */
export async function diagnose(options: {
  allowOther: boolean;
  passthrough: boolean;
}): Promise<readonly Finding[]> {
  return [
    koffiFinding(),
    deviceFinding(),
    kernelFinding(),
    ...(options.passthrough ? [passthroughFinding()] : []),
    ...(isRoot() ? [] : [fusermountFinding()]),
    ...(options.allowOther && !isRoot() ? [allowOtherFinding()] : []),
  ];
}

/** Whether this process may hand files to the kernel (passthrough). */
export function hasSysAdmin(): boolean {
  const status = readFileSync("/proc/self/status", "latin1");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

function koffiFinding(): Finding {
  const subject = "koffi";
  try {
    loadSyscalls();
    return { ok: true, subject, finding: "loaded" };
  } catch (error) {
    return { ok: false, subject, finding: (error as Error).message, remedy: "npm ci" };
  }
}

function deviceFinding(): Finding {
  try {
    accessSync(FUSE_DEVICE, constants.R_OK | constants.W_OK);
    return { ok: true, subject: FUSE_DEVICE, finding: "readable and writable" };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT"
      ? { ok: false, subject: FUSE_DEVICE, finding: "missing", remedy: "modprobe fuse" }
      : {
          ok: false,
          subject: FUSE_DEVICE,
          finding: `not accessible (${code})`,
          remedy: `chmod 666 ${FUSE_DEVICE}`,
        };
  }
}

function kernelFinding(): Finding {
  const subject = "Linux kernel";
  return isAtLeast(OLDEST_KERNEL)
    ? { ok: true, subject, finding: release() }
    : {
        ok: false,
        subject,
        finding: `${release()} is older than 5.4`,
        remedy: "use mount: mountFuseNative()",
      };
}

// Reading works without passthrough, only slower: no finding of this is a fault.
function passthroughFinding(): Finding {
  const subject = "FUSE passthrough";
  if (!isAtLeast(PASSTHROUGH_KERNEL)) {
    return { ok: true, subject, finding: "not in this kernel (from 6.9 on): files are copied" };
  }
  return hasSysAdmin()
    ? { ok: true, subject, finding: "available" }
    : { ok: true, subject, finding: "needs root (CAP_SYS_ADMIN): files are copied" };
}

function fusermountFinding(): Finding {
  const { status, stdout } = spawnSync(FUSERMOUNT, ["--version"], { encoding: "utf8", timeout: 5000 });
  return status === 0
    ? { ok: true, subject: FUSERMOUNT, finding: stdout.trim() }
    : { ok: false, subject: FUSERMOUNT, finding: "missing", remedy: INSTALL_HINT };
}

function allowOtherFinding(): Finding {
  const subject = "user_allow_other";
  return allowsOthers()
    ? { ok: true, subject, finding: "set in /etc/fuse.conf" }
    : {
        ok: false,
        subject,
        finding: "not set in /etc/fuse.conf",
        remedy: "echo user_allow_other >> /etc/fuse.conf",
      };
}

function isAtLeast([major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = release().split(/[.-]/).map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
