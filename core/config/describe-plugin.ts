import type { Plugin } from "../plugin.js";
import { withoutSecrets } from "../secrets/redaction.js";

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
