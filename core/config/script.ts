import { createRequire } from "node:module";
import { join } from "node:path";
import type { Jiti } from "jiti";
import { cacheHome, type Environment } from "./paths.js";

const require = createRequire(import.meta.url);

const REFUSED_WRITES: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO"]);

/** Loads TypeScript and JavaScript for a config. */
export interface ScriptLoader {
  /**
   * @param from file or folder that a relative specifier is relative to.
   * @returns everything that the module exports; of CommonJS, what stands in `module.exports`.
   */
  load(specifier: string, from: string): Promise<unknown>;
}

/**
 * Makes a loader that runs TypeScript on every Node, and in which `modules` are what the running MusicFS
 * gives, also where no node_modules lies above the file. jiti keeps what it compiled in the user's cache
 * folder: 6 ms instead of 170 for a config that it has seen (Node 20). cosmiconfig's own loader would write
 * a file beside the config.
 */
export function createScriptLoader(
  modules: Readonly<Record<string, object>>,
  env: Environment,
): ScriptLoader {
  const folder = join(cacheHome(env), "compiled-configs");
  return {
    async load(specifier, from) {
      try {
        return await openJiti(from, modules, folder).import(specifier);
      } catch (error) {
        if (!isRefusedWrite(error)) throw error;
        return openJiti(from, modules, false).import(specifier);
      }
    },
  };
}

// jiti does without a folder that it cannot write to, but not without one whose disk is full.
function isRefusedWrite(error: unknown): boolean {
  return REFUSED_WRITES.has((error as NodeJS.ErrnoException | undefined)?.code ?? "");
}

function openJiti(
  from: string,
  modules: Readonly<Record<string, object>>,
  cacheFolder: string | false,
): Jiti {
  // Its bundle is CommonJS: by import, Node would first search 300 KB for the names of its exports.
  const { createJiti } = require("jiti") as typeof import("jiti");
  return createJiti(from, {
    fsCache: cacheFolder,
    moduleCache: false,
    interopDefault: false,
    // A getter of it may load its module only when a config imports that.
    virtualModules: modules,
  });
}
