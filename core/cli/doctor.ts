import type { Config } from "../config/config.js";
import { isMusicfsError, MusicfsError } from "../errors.js";
import type { Finding } from "../model/mount-driver.js";
import { escapeControls } from "../text.js";
import { createCommandLog } from "./command-log.js";
import { configOptions, type GlobalOptions } from "./context.js";
import type { Diagnosis } from "./doctor-bundle.js";
import { checkDriver, checkOrigins } from "./doctor-config.js";
import { checkFolder, checkMountpoint, checkNode, checkSqlite } from "./doctor-machine.js";
import { formatCounted } from "./format.js";
import { printJson, printLine, printMessage, usesColours } from "./output.js";
import { createScreen } from "./screen.js";

export interface DoctorOptions extends GlobalOptions {
  readonly json?: boolean;
  /** Writes a file for whoever helps: its name, or `true` for one of its own. */
  readonly bundle?: string | true;
}

/**
 * `musicfs doctor`: looks at everything that a mount needs, also where the config is broken or missing.
 *
 * @throws `MFS_MACHINE_LACKS` when something is not as it must be, after all of it was printed.
 */
export async function doctor({ json, bundle, ...flags }: DoctorOptions): Promise<void> {
  const diagnosis = await diagnose(flags);
  const { findings } = diagnosis;
  const failures = findings.filter(({ ok }) => !ok);
  const file = bundle && (await bundled(diagnosis, bundle));
  if (json) printJson({ ok: failures.length === 0, findings, ...(file ? { bundle: file } : {}) });
  else for (const finding of findings) printFinding(finding);
  if (file) printMessage(`wrote ${file}; read it through before you hand it on: it names your files`);
  if (failures.length > 0) {
    throw new MusicfsError("MFS_MACHINE_LACKS", `${formatCounted(failures.length, "finding")} to mend`, {
      hint: failures.map(({ subject, remedy }) => `${subject}: ${remedy ?? "see above"}`).join("\n"),
    });
  }
}

async function bundled(diagnosis: Diagnosis, bundle: string | true): Promise<string> {
  const { writeBundle } = await import("./doctor-bundle.js");
  return writeBundle(diagnosis, bundle === true ? undefined : bundle);
}

async function diagnose(flags: GlobalOptions): Promise<Diagnosis> {
  const options = await configOptions(flags);
  const { loadConfig } = await import("../config/load.js");
  const log = createCommandLog("error", createScreen(process.stderr));
  const loaded = await loadConfig(options).catch(configFinding);
  const machine = [checkNode(), await checkSqlite()];
  if (!("configFile" in loaded)) {
    const plugins = options.installation.withDefaults([], false);
    return { findings: [loaded, ...machine, ...(await checkDriver(plugins, log))] };
  }
  const findings = [
    { ok: true, subject: "config", finding: loaded.configFile },
    ...machine,
    ...(await checkDriver(loaded.plugins, log)),
    ...checkFolders(loaded),
    ...(await checkOrigins(loaded, log)),
    await checkMountpoint(loaded),
  ];
  return { config: loaded, findings };
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
