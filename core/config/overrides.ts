import { type Environment, resolvePath } from "./paths.js";

/** What flags say; each wins over the environment, and that over the file. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly name?: string | undefined;
  readonly mount?: string | undefined;
}

/** A value from outside the file, with what a person calls its source. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  /** `--mount`, `MUSICFS_MOUNTPOINT` */
  readonly source: string;
}

type Kind = "path" | "number" | "text";

const VARIABLES: Readonly<Record<string, { readonly path: readonly string[]; readonly kind: Kind }>> = {
  MUSICFS_NAME: { path: ["name"], kind: "text" },
  MUSICFS_MOUNTPOINT: { path: ["mountpoint"], kind: "path" },
  MUSICFS_CACHE_DIR: { path: ["cacheDir"], kind: "path" },
  MUSICFS_STATE_DIR: { path: ["stateDir"], kind: "path" },
  MUSICFS_RUNTIME_DIR: { path: ["runtimeDir"], kind: "path" },
  MUSICFS_LOG_LEVEL: { path: ["log", "level"], kind: "text" },
  MUSICFS_SCAN_WORKERS: { path: ["scan", "workers"], kind: "number" },
  MUSICFS_SCAN_TIMEOUT: { path: ["scan", "timeout"], kind: "text" },
};

/** Variables of the environment that stand for a key of the config. */
export const ENVIRONMENT_VARIABLES: readonly { readonly name: string; readonly key: string }[] =
  Object.entries(VARIABLES).map(([name, { path }]) => ({ name, key: path.join(".") }));

/**
 * What the environment and the flags say, the stronger ones last. Paths are relative to the current folder;
 * a variable that is empty counts as not set.
 */
export function readOverrides(flags: ConfigFlags, env: Environment, cwd: string): Override[] {
  const overrides: Override[] = [];
  for (const [variable, { path, kind }] of Object.entries(VARIABLES)) {
    const text = env[variable];
    if (text) overrides.push({ path, value: parsedValue(text, kind, cwd, env), source: variable });
  }
  if (flags.name !== undefined) overrides.push({ path: ["name"], value: flags.name, source: "--name" });
  if (flags.mount !== undefined) {
    overrides.push({
      path: ["mountpoint"],
      value: parsedValue(flags.mount, "path", cwd, env),
      source: "--mount",
    });
  }
  return overrides;
}

/** The content of a config with `overrides` laid over it; the content itself stays as it is. */
export function applyOverrides(
  content: Readonly<Record<string, unknown>>,
  overrides: readonly Override[],
): Record<string, unknown> {
  return overrides.reduce<Record<string, unknown>>(
    (settings, { path, value }) => withValue(settings, path, value),
    { ...content },
  );
}

function withValue(
  settings: Readonly<Record<string, unknown>>,
  [key = "", ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (rest.length === 0) return { ...settings, [key]: value };
  const inner = settings[key];
  // What is no object here is reported with the rest of the config, and stays to be seen.
  if (inner !== undefined && (typeof inner !== "object" || inner === null)) return { ...settings };
  return { ...settings, [key]: withValue((inner ?? {}) as Record<string, unknown>, rest, value) };
}

function parsedValue(text: string, kind: Kind, cwd: string, env: Environment): string | number {
  if (kind === "path") return text === "" ? text : resolvePath(text, cwd, env);
  return kind === "number" && /^\d{1,9}$/u.test(text) ? Number(text) : text;
}
