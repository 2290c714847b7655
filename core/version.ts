import { readFileSync } from "node:fs";

const packageJson = new URL("../../package.json", import.meta.url);

/** The version of the running installation. */
export const VERSION: string = JSON.parse(readFileSync(packageJson, "utf8")).version;
