import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { configHome } from "../config/paths.js";
import { MusicfsError, messageOf } from "../errors.js";
import { formatUnit, UNIT_MARK, unitName } from "../service/unit.js";
import { createCommandLog } from "./command-log.js";
import { type GlobalOptions, loadCommandConfig } from "./context.js";
import { printJson, printLine, printMessage } from "./output.js";
import { createScreen } from "./screen.js";

export interface ServiceOptions extends GlobalOptions {
  readonly user?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const SYSTEM_UNITS = "/etc/systemd/system";

/** `musicfs service install` @throws what is wrong with the config, `MFS_FOLDER_UNUSABLE` */
export async function installService(options: ServiceOptions): Promise<void> {
  const { user = false, dryRun = false, json, ...flags } = options;
  const { name, configFile } = await loadCommandConfig(flags);
  const path = unitPath(name, user);
  const bin = fileURLToPath(new URL("./bin.js", import.meta.url));
  const unit = formatUnit({
    isUser: user,
    node: process.execPath,
    bin,
    configFile,
    name,
    flags: flagsOf(flags),
  });
  if (!dryRun) {
    refuseForeign(path);
    write(path, unit);
    runSystemctl(user, "daemon-reload");
  }
  if (json) return printJson({ path, unit: unitName(name), text: unit, written: !dryRun });
  if (dryRun) {
    process.stdout.write(unit);
    return printMessage(`this would be ${path}`);
  }
  const systemctl = systemctlOf(user);
  printLine(`wrote ${path}`);
  printLine(`Start it now and at each boot with: ${systemctl} enable --now ${unitName(name)}`);
  if (user) printLine("It ends with your last session, unless you type: loginctl enable-linger");
}

/** `musicfs service uninstall` @throws `MFS_NOT_RUNNING` when there is no unit, `MFS_FOLDER_UNUSABLE` */
export async function uninstallService(options: ServiceOptions): Promise<void> {
  const { user = false, dryRun = false, json, ...flags } = options;
  const { name } = await loadCommandConfig(flags);
  const path = unitPath(name, user);
  if (!existsSync(path)) throw new MusicfsError("MFS_NOT_FOUND", `there is no unit ${path}`);
  refuseForeign(path);
  if (!dryRun) {
    runSystemctl(user, "disable", "--now", unitName(name));
    rmSync(path);
    runSystemctl(user, "daemon-reload");
  }
  if (json) return printJson({ path, unit: unitName(name), removed: !dryRun });
  printLine(dryRun ? `would stop ${unitName(name)}, and remove ${path}` : `removed ${path}`);
}

/** `musicfs service clean`: what the unit's `ExecStopPost` does. */
export async function cleanService({ json, ...flags }: ServiceOptions): Promise<void> {
  if (isEndWithoutTrace(process.env)) return;
  const config = await loadCommandConfig(flags);
  const [{ createInstance, mountSourceOf }, log] = [
    await import("../instance.js"),
    createCommandLog("warn", createScreen(process.stderr)),
  ];
  // What else is in the config has no part in it, and may open files and connections.
  const plugins = config.plugins.filter(({ provides }) => provides.includes("mount"));
  const instance = await createInstance({ ...config, plugins }, log);
  try {
    const driver = await instance.hooks.provideMount.call(instance.signal);
    const isDetached = await driver?.detachStale(config.mountpoint, mountSourceOf(config));
    if (json) printJson({ mountpoint: config.mountpoint, detached: isDetached ?? false });
    else
      printMessage(isDetached ? `detached a dead mount at ${config.mountpoint}` : "there is no dead mount");
  } finally {
    await instance.dispose();
  }
}

// As systemd tells it (systemd.exec(5)): a daemon that ended by itself has unmounted, or never mounted.
function isEndWithoutTrace({ SERVICE_RESULT, EXIT_CODE }: NodeJS.ProcessEnv): boolean {
  return SERVICE_RESULT !== undefined && EXIT_CODE === "exited";
}

function unitPath(name: string, isUser: boolean): string {
  const folder = isUser ? join(dirname(configHome(process.env)), "systemd", "user") : SYSTEM_UNITS;
  return join(folder, unitName(name));
}

// What chooses the config's instance at the command line chooses it in the unit, too.
function flagsOf({ name, mount }: GlobalOptions): string[] {
  return [
    ...(name === undefined ? [] : ["--name", name]),
    ...(mount === undefined ? [] : ["--mount", mount]),
  ];
}

function refuseForeign(path: string): void {
  if (!existsSync(path) || readFileSync(path, "utf8").startsWith(UNIT_MARK)) return;
  throw new MusicfsError("MFS_FOLDER_UNUSABLE", `${path} was not written by 'musicfs service install'`, {
    hint: "Move it away, or write its lines anew with 'musicfs service install --dry-run'.",
  });
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o644 });
  } catch (error) {
    throw new MusicfsError("MFS_FOLDER_UNUSABLE", `cannot write ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: "Run it as root, or with --user for a service of your own.",
    });
  }
}

function systemctlOf(isUser: boolean): string {
  return isUser ? "systemctl --user" : "systemctl";
}

// Where no systemd runs (a container, an image that is being built) the unit is there for the day it does.
function runSystemctl(isUser: boolean, ...args: readonly string[]): void {
  const { status, error, stderr } = spawnSync("systemctl", [...(isUser ? ["--user"] : []), ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });
  if (status === 0) return;
  const problem = error ? error.message : stderr.trim();
  printMessage(`'${systemctlOf(isUser)} ${args.join(" ")}' failed: ${problem}`);
}
