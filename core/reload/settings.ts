import type { Config } from "../config/config.js";
import { withoutSecrets } from "../secrets/redaction.js";

/** The value of one key of a config. */
export interface Setting {
  /** For a person; secrets are left out. */
  readonly text: string;
  /** Two that differ have different values, also where {@link text} hides it. */
  readonly fingerprint: string;
}

/** A key whose value is not what it was. */
export interface ConfigChange {
  /** As in the config: `log.level`, `plugins (cache-lru).maxBytes`. */
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

export type Settings = ReadonlyMap<string, Setting>;

const ABSENT: Setting = { text: "(none)", fingerprint: "" };
const PRESENT: Setting = { text: "(in the config)", fingerprint: "present" };
/** What a checked config has beside what a person wrote. */
const DERIVED: readonly string[] = ["plugins", "views", "socketPath", "configFile", "configDir"];
/** Keys that a checked config calls otherwise. */
const ALIASES: Readonly<Record<string, string>> = { logLevel: "log.level" };

/** Every key of a config with its value. */
export function settingsOf(config: Config): Settings {
  const own = Object.fromEntries(Object.entries(config).filter(([key]) => !DERIVED.includes(key)));
  const given = [
    ...config.plugins.map((plugin) => ({ place: "plugins", plugin })),
    ...config.views.map(({ root, layout }) => ({ place: `views[${JSON.stringify(root)}]`, plugin: layout })),
  ];
  const plugins = given.flatMap(({ place, plugin: { identity, options } }): [string, Setting][] => {
    const key = `${place} (${identity})`;
    return [[key, PRESENT], ...(isPlain(options) ? flatten(options, key, asWritten) : [])];
  });
  return new Map([...flatten(own, "", nameOf), ...plugins]);
}

/** What is different in `after`. Of a plugin that came or went, that is all that is told. */
export function findChanges(before: Settings, after: Settings): ConfigChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key)?.fingerprint !== after.get(key)?.fingerprint,
  );
  const whole = keys.filter((key) => (before.get(key) ?? after.get(key)) === PRESENT);
  return keys
    .filter((key) => !whole.some((plugin) => key.startsWith(`${plugin}.`)))
    .map((key) => ({
      key,
      before: (before.get(key) ?? ABSENT).text,
      after: (after.get(key) ?? ABSENT).text,
    }));
}

// Each value by its path; an array is one value.
function flatten(object: object, prefix: string, rename: (name: string) => string): [string, Setting][] {
  return Object.entries(object).flatMap(([name, value]): [string, Setting][] => {
    const key = prefix === "" ? rename(name) : `${prefix}.${rename(name)}`;
    if (isPlain(value)) return flatten(value, key, rename);
    return value === undefined ? [] : [[key, settingOf(name, value)]];
  });
}

function asWritten(name: string): string {
  return name;
}

// A quantity bears its unit once it is checked; a person wrote it without.
function nameOf(name: string): string {
  return ALIASES[name] ?? name.replace(/(?:Ms|Bytes)$/u, "");
}

function settingOf(name: string, value: unknown): Setting {
  const shown = (withoutSecrets({ [name]: value }) as Record<string, unknown>)[name];
  return {
    text: typeof shown === "string" ? shown : JSON.stringify(shown),
    fingerprint: JSON.stringify(hasSource(value) ? value.source : value),
  };
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

// A secret shows itself as `***`: where it is kept tells one from another.
function hasSource(value: unknown): value is { readonly source: unknown } {
  return typeof value === "object" && value !== null && "source" in value;
}
