import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.js";
import { type ServerProcess, serverFolder, startServer } from "./server-process.js";

/** A real web server over a folder. */
export interface WebServer extends ServerProcess {
  /** Address of the folder, with `/` at its end. */
  readonly url: string;
  /** The folder that is served. */
  readonly root: string;
  /** Requests that it logged, as `METHOD path status bytes`. */
  readonly accessLog: string;
  /** Ends it, and removes what it served. */
  close(): Promise<void>;
}

/** Where a server finds what is its own. */
export interface WebServerPlaces {
  readonly folder: string;
  readonly root: string;
  readonly port: number;
  readonly errorLog: string;
  readonly accessLog: string;
  /** What {@link WebServerProgram.config} gives is written there. */
  readonly configFile: string;
}

export interface WebServerProgram {
  /** Folders that it needs, made before its start. */
  readonly folders?: readonly string[];
  /** @default "http://127.0.0.1" */
  readonly origin?: string;
  config(places: WebServerPlaces): string;
  command(places: WebServerPlaces): readonly [string, ...string[]];
}

/** Starts a server that serves a folder of its own at `/music/`. */
export async function startWebServer(program: WebServerProgram): Promise<WebServer> {
  const { folders = [], origin = "http://127.0.0.1", config, command } = program;
  const folder = serverFolder("music", ...folders);
  const places: WebServerPlaces = {
    folder,
    root: join(folder, "music"),
    port: await freePort(),
    errorLog: join(folder, "error.log"),
    accessLog: join(folder, "access.log"),
    configFile: join(folder, "server.conf"),
  };
  const { root, port, errorLog, accessLog, configFile } = places;
  writeFileSync(configFile, config(places));
  const server = await startServer({ command: [...command(places)], port }, errorLog);
  return {
    ...server,
    url: `${origin}:${port}/music/`,
    root,
    accessLog,
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
