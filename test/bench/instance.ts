import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Status } from "#core/control/status.js";
import { run } from "./processes.js";

export type DriverName = "mount-fuse" | "mount-fuse-native";

export interface InstanceOptions {
  /** Holds everything of this instance: config, state, cache, socket, mountpoint. Exists. */
  readonly folder: string;
  /** Where the catalogue is, for instances that share one in turn. @default a folder below `folder` */
  readonly stateDir?: string;
  readonly origin: string;
  /** More options of the local origin. */
  readonly originOptions?: Readonly<Record<string, unknown>>;
  /** More plugins, by name or path; only in the config in JSON. */
  readonly plugins?: readonly Record<string, object>[];
  /** Views beside that of the root; only in the config in JSON. */
  readonly views?: Readonly<Record<string, object>>;
  /** Stands in place of the local origin; only in the config in JSON. */
  readonly originPlugin?: Readonly<Record<string, object>>;
  /** Stands in place of `layout-artist-album`; only in the config in JSON. */
  readonly layout?: Readonly<Record<string, object>>;
  readonly driver?: DriverName;
  readonly driverOptions?: Readonly<Record<string, unknown>>;
  /** @default the layout's own */
  readonly template?: string;
  /** Command line of another build. @default this one's */
  readonly program?: string;
}

/** The id of the origin in every instance's config. */
export const ORIGIN_ID = "bench";

const NAME = "bench";
const CLI = fileURLToPath(new URL("../../core/cli/bin.js", import.meta.url));

/** A MusicFS of the benchmark's own: its config on the disk, and the commands that start and stop it. */
export class BenchInstance {
  readonly mountpoint: string;
  readonly cataloguePath: string;
  readonly stateDir: string;
  readonly cacheDir: string;
  /** Is there as long as the daemon can be told something. */
  readonly socketPath: string;
  readonly #program: string;
  readonly #configs: { readonly json: string; readonly typescript: string };

  constructor(options: InstanceOptions) {
    const { folder, program = CLI } = options;
    this.#program = program;
    this.mountpoint = join(folder, "mnt");
    this.stateDir = options.stateDir ?? join(folder, "state");
    this.cacheDir = join(folder, "cache");
    this.socketPath = join(folder, "run", `${NAME}.sock`);
    this.cataloguePath = join(this.stateDir, "catalogue.sqlite");
    this.#configs = { json: join(folder, "config.json"), typescript: join(folder, "musicfs.config.ts") };
    const config = configOf(options, this);
    const { plugins = [], views, originPlugin, layout } = options;
    const [origin, ...others] = config.plugins;
    const [ownLayout, ...rest] = others;
    const chosen = [originPlugin ?? origin, layout ?? ownLayout, ...rest, ...plugins];
    const more = { plugins: chosen, ...(views ? { views } : {}) };
    writeFileSync(this.#configs.json, JSON.stringify({ ...config, ...more }, undefined, 2));
    writeFileSync(this.#configs.typescript, typescriptConfig(config));
  }

  /** Command and arguments of `musicfs start`, for who wants to time it. */
  startCommand(kind: "json" | "typescript", ...flags: string[]): [command: string, args: string[]] {
    // As a user starts it: the first line of the file sets up its process.
    return [this.#program, ["start", "--config", this.#configs[kind], ...flags]];
  }

  /** Mounts; resolves when the mount answers. */
  async start(): Promise<void> {
    const [command, args] = this.startCommand("json", "--detach");
    await run(command, args);
  }

  async stop(): Promise<void> {
    await this.cli("stop");
  }

  async status(): Promise<Status> {
    return JSON.parse(await this.cli("status", "--json")) as Status;
  }

  /** Runs a command of the command line, and gives what it wrote to stdout. */
  async cli(...args: string[]): Promise<string> {
    return (await run(process.execPath, [this.#program, ...args, "--config", this.#configs.json])).stdout;
  }
}

/** Resident memory of a process in bytes, as the kernel counts it. */
export function rssBytesOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

interface PlainConfig {
  readonly plugins: readonly Record<string, object>[];
  readonly [key: string]: unknown;
}

function configOf(options: InstanceOptions, instance: BenchInstance): PlainConfig {
  const { folder, origin, originOptions, driver = "mount-fuse", driverOptions = {}, template } = options;
  return {
    name: NAME,
    mountpoint: instance.mountpoint,
    stateDir: instance.stateDir,
    cacheDir: instance.cacheDir,
    runtimeDir: join(folder, "run"),
    plugins: [
      { "origin-local": { path: origin, id: ORIGIN_ID, ...originOptions } },
      { "layout-artist-album": template === undefined ? {} : { template } },
      { [driver]: driverOptions },
    ],
  };
}

const FACTORIES: Readonly<Record<string, string>> = {
  "origin-local": "originLocal",
  "layout-artist-album": "layoutArtistAlbum",
  "mount-fuse": "mountFuse",
  "mount-fuse-native": "mountFuseNative",
};

// The same config as its user would write it, since reading TypeScript is part of a start.
function typescriptConfig({ plugins, ...rest }: PlainConfig): string {
  const calls = plugins.flatMap((entry) =>
    Object.entries(entry).map(([name, options]) => `    ${FACTORIES[name]}(${JSON.stringify(options)}),`),
  );
  const keys = Object.entries(rest).map(([key, value]) => `  ${key}: ${JSON.stringify(value)},`);
  return [
    'import { defineConfig } from "musicfs";',
    `import { ${Object.values(FACTORIES).join(", ")} } from "musicfs/plugins";`,
    "",
    "export default defineConfig({",
    ...keys,
    "  plugins: [",
    ...calls,
    "  ],",
    "});",
    "",
  ].join("\n");
}
