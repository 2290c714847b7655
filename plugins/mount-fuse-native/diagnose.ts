import { accessSync, constants, readFileSync } from "node:fs";
import { type Finding, isMusicfsError, MusicfsError } from "musicfs";
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

/** @throws MusicfsError `MFS_MACHINE_LACKS` with the line to type, at the first thing that is missing. */
export async function requireMachine(options: { allowOther: boolean }): Promise<void> {
  loadFuseNative();
  const fault = (await diagnose(options)).find(({ ok }) => !ok);
  if (!fault) return;
  throw new MusicfsError("MFS_MACHINE_LACKS", `${fault.subject}: ${fault.finding}`, {
    ...(fault.remedy === undefined ? {} : { hint: fault.remedy }),
  });
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

// Whether the administrator lets everybody mount with `allow_other`.
function allowsOthers(): boolean {
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
  return {
    ok: false,
    subject: FUSE_DEVICE,
    finding: `not accessible (${code})`,
    remedy: `chmod 666 ${FUSE_DEVICE}`,
  };
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
