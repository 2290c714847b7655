import type { Config } from "../config/config.js";
import { isMusicfsError, MusicfsError } from "../errors.js";
import type { Finding } from "../model/mount-driver.js";
import { escapeControls } from "../text.js";
import { createCommandLog } from "./command-log.js";
import { configOptions, type GlobalOptions } from "./context.js";
import { checkDriver, checkOrigins } from "./doctor-config.js";
import { checkFolder, checkMountpoint, checkNode, checkSqlite } from "./doctor-machine.js";
import { formatCounted } from "./format.js";
import { printJson, printLine, usesColours } from "./output.js";
import { createScreen } from "./screen.js";

/**
 * `musicfs doctor`: looks at everything that a mount needs, also where the config is broken or missing.
 *
 * @throws `MFS_MACHINE_LACKS` when something is not as it must be, after all of it was printed.
 */
export async function doctor({ json, ...flags }: GlobalOptions & { json?: boolean }): Promise<void> {
  const findings = await collect(flags);
  const failures = findings.filter(({ ok }) => !ok);
  if (json) printJson({ ok: failures.length === 0, findings });
  else for (const finding of findings) printFinding(finding);
  if (failures.length > 0) {
    throw new MusicfsError("MFS_MACHINE_LACKS", `${formatCounted(failures.length, "finding")} to mend`, {
      hint: failures.map(({ subject, remedy }) => `${subject}: ${remedy ?? "see above"}`).join("\n"),
    });
  }
}

async function collect(flags: GlobalOptions): Promise<Finding[]> {
  const options = await configOptions(flags);
  const { loadConfig } = await import("../config/load.js");
  const log = createCommandLog("error", createScreen(process.stderr));
  const loaded = await loadConfig(options).catch(configFinding);
  const machine = [checkNode(), await checkSqlite()];
  if (!("configFile" in loaded)) {
    const plugins = options.installation.withDefaults([], false);
    return [loaded, ...machine, ...(await checkDriver(plugins, log))];
  }
  return [
    { ok: true, subject: "config", finding: loaded.configFile },
    ...machine,
    ...(await checkDriver(loaded.plugins, log)),
    ...checkFolders(loaded),
    ...(await checkOrigins(loaded, log)),
    await checkMountpoint(loaded),
  ];
}

function configFinding(error: unknown): Finding {
  if (!isMusicfsError(error)) throw error;
  return { ok: false, subject: "config", finding: error.message, remedy: error.hint };
}

function checkFolders({ stateDir, cacheDir, runtimeDir }: Config): Finding[] {
  return [...new Set([stateDir, cacheDir, runtimeDir])].map(checkFolder);
}

function printFinding({ ok, subject, finding, remedy }: Finding): void {
  const colours = usesColours(process.stdout);
  const mark = ok ? "ok  " : "FAIL";
  const shown = colours ? `\u001b[${ok ? 32 : 31}m${mark}\u001b[0m` : mark;
  const [first = "", ...more] = finding.split("\n");
  printLine(`${shown}  ${escapeControls(`${subject}: ${first}`)}`);
  for (const line of more) printLine(`      ${escapeControls(line)}`);
  if (!ok && remedy) printLine(`      → ${escapeControls(remedy)}`);
}
