import { accessSync, constants, readFileSync } from "node:fs";
import { type Finding, isMusicfsError } from "musicfs";
import { loadFuseNative } from "./fuse-native.js";
import { runProgram } from "./programs.js";

const FUSE_DEVICE = "/dev/fuse";
const FUSE_CONFIG = "/etc/fuse.conf";
const FUSERMOUNT = "fusermount";

/** Looks at what a mount needs of the machine. */
export async function diagnose({ allowOther }: { allowOther: boolean }): Promise<readonly Finding[]> {
  if (process.platform !== "linux") return [packageFinding()];
  return [
    packageFinding(),
    deviceFinding(),
    ...(isRoot() ? [] : [await fusermountFinding()]),
    ...(allowOther && !isRoot() ? [allowOtherFinding()] : []),
  ];
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** Whether this process may open `/dev/fuse` itself. */
export function mayOpenDevice(): boolean {
  return deviceError() === undefined;
}

/** Whether the administrator lets everybody mount with `allow_other`. */
export function allowsOthers(): boolean {
  try {
    return readFileSync(FUSE_CONFIG, "utf8")
      .split("\n")
      .some((line) => line.trim() === "user_allow_other");
  } catch {
    return false;
  }
}

function packageFinding(): Finding {
  const subject = "fuse-native";
  try {
    loadFuseNative();
    return { ok: true, subject, finding: "loaded, with libfuse 2" };
  } catch (error) {
    const remedy = isMusicfsError(error) ? error.hint : "npm install fuse-native";
    return { ok: false, subject, finding: (error as Error).message, remedy };
  }
}

function deviceFinding(): Finding {
  const code = deviceError();
  if (code === undefined) return { ok: true, subject: FUSE_DEVICE, finding: "readable and writable" };
  if (code === "ENOENT")
    return { ok: false, subject: FUSE_DEVICE, finding: "missing", remedy: "modprobe fuse" };
  const finding = `not accessible (${code})`;
  if (!isRoot()) return { ok: true, subject: FUSE_DEVICE, finding: `${finding}: ${FUSERMOUNT} opens it` };
  return { ok: false, subject: FUSE_DEVICE, finding, remedy: `chmod 666 ${FUSE_DEVICE}` };
}

function deviceError(): string | undefined {
  try {
    accessSync(FUSE_DEVICE, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "EACCES";
  }
}

async function fusermountFinding(): Promise<Finding> {
  const { exitCode } = await runProgram(FUSERMOUNT, ["--version"]);
  return exitCode === 0
    ? { ok: true, subject: FUSERMOUNT, finding: "runs" }
    : { ok: false, subject: FUSERMOUNT, finding: "missing", remedy: "apt-get install fuse3" };
}

function allowOtherFinding(): Finding {
  const subject = "user_allow_other";
  return allowsOthers()
    ? { ok: true, subject, finding: `set in ${FUSE_CONFIG}` }
    : {
        ok: false,
        subject,
        finding: `not set in ${FUSE_CONFIG}`,
        remedy: `echo user_allow_other >> ${FUSE_CONFIG}`,
      };
}
