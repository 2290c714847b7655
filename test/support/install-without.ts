import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Makes an installation that lacks a package, or all of a scope. @returns its executable. */
export function installWithout(missing: string, folder: string): string {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  for (const part of ["dist/core", "dist/plugins"])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (name !== missing) symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  }
  return join(folder, "dist/core/cli/bin.js");
}
