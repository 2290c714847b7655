import { describePlugin } from "../../config/describe-plugin.js";
import { safeJson } from "../../text.js";
import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";

export function pluginMethods({ config }: ControlContext): Pick<Methods, "listPlugins"> {
  return {
    listPlugins: () => ({
      plugins: config.plugins.map(describePlugin).map(({ options, provides, requires, ...plugin }) => ({
        ...plugin,
        provides: [...provides],
        requires: [...requires],
        optionsJson: safeJson(options ?? {}),
      })),
    }),
  };
}
