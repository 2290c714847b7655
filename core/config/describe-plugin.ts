import type { Plugin } from "../plugin.js";

/** A plugin as anybody may see it: a config is shown to whoever helps with it. */
export interface PluginDescription {
  readonly identity: string;
  readonly name: string;
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  /** Without what looks like a secret by its key. */
  readonly options: unknown;
}

export function describePlugin({ name, identity, provides, requires, options }: Plugin): PluginDescription {
  return { identity, name, provides, requires, options: withoutSecrets(options) };
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    isSecret(key) && inner !== undefined && inner !== null ? "***" : withoutSecrets(inner),
  ]);
  return Object.fromEntries(entries);
}

function isSecret(key: string): boolean {
  return /pass(word|phrase)?$|secret|token|credential|(api|access|private)_?key/iu.test(key);
}
