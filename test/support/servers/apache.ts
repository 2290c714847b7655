import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.js";
import { type ServerProcess, serverFolder, startServer } from "./server-process.js";

const MODULES = "/usr/lib/apache2/modules";
const LOADED = [
  "mpm_event",
  "authn_core",
  "authn_file",
  "authz_core",
  "authz_user",
  "auth_basic",
  "autoindex",
  "dav",
  "dav_fs",
  "dir",
  "alias",
];

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

export interface ApacheOptions {
  /** Lines of the configuration of the folder, such as `DavDepthInfinity on`. */
  readonly lines?: readonly string[];
  /** Who may read; everybody where absent. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** apache2 with mod_dav_fs over `/music/`, and with an index of `/plain/`, which is the same folder. */
export async function startApache({ lines = [], user }: ApacheOptions = {}): Promise<WebServer> {
  const folder = serverFolder("music", "lock");
  const port = await freePort();
  const root = join(folder, "music");
  const isRoot = process.getuid?.() === 0;
  // Its workers are somebody else.
  if (isRoot) await chmodAll(join(folder, "lock"));
  if (user) writeFileSync(join(folder, "users"), `${user.name}:${await hashed(user.password)}\n`);
  const auth = user
    ? [`AuthType Basic`, `AuthName music`, `AuthUserFile "${folder}/users"`, "Require valid-user"]
    : ["Require all granted"];
  const conf = [
    ...LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    `ServerRoot "${folder}"`,
    "ServerName localhost",
    `Listen 127.0.0.1:${port}`,
    `PidFile "${folder}/pid"`,
    `DefaultRuntimeDir "${folder}"`,
    `ErrorLog "${folder}/error.log"`,
    `LogFormat "%m %U %>s %B" music`,
    `CustomLog "${folder}/access.log" music`,
    `DocumentRoot "${root}"`,
    `DavLockDB "${folder}/lock/db"`,
    "ServerLimit 2",
    "StartServers 1",
    "ThreadsPerChild 64",
    "MaxRequestWorkers 128",
    "KeepAlive On",
    "MaxKeepAliveRequests 0",
    "DirectorySlash On",
    ...(isRoot ? ["User nobody", "Group nogroup"] : []),
    `Alias /music "${root}"`,
    `Alias /plain "${root}"`,
    `<Directory "${root}">`,
    "AllowOverride None",
    "Options Indexes",
    ...auth,
    "</Directory>",
    "<Location /music>",
    "Dav On",
    ...lines,
    "</Location>",
    "<Location /plain>",
    "IndexOptions FancyIndexing NameWidth=* SuppressDescription Charset=UTF-8",
    "IndexIgnoreReset On",
    "IndexIgnore .. .DAV",
    "</Location>",
    "",
  ];
  const file = join(folder, "apache.conf");
  writeFileSync(file, conf.join("\n"));
  const command = ["apache2", "-f", file, "-D", "FOREGROUND"] as const;
  const server = await startServer({ command: [...command], port }, join(folder, "error.log"));
  return {
    ...server,
    url: `http://127.0.0.1:${port}/music/`,
    root,
    accessLog: join(folder, "access.log"),
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function chmodAll(path: string): Promise<void> {
  const { chmodSync } = await import("node:fs");
  chmodSync(path, 0o777);
}

// The form `{SHA}`, which Apache reads without any tool of its own.
async function hashed(password: string): Promise<string> {
  const { createHash } = await import("node:crypto");
  return `{SHA}${createHash("sha1").update(password).digest("base64")}`;
}
