import { createHash } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startWebServer, type WebServer, type WebServerPlaces } from "./web-server.js";

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

export interface ApacheOptions {
  /** Lines of the configuration of the folder, such as `DavDepthInfinity on`. */
  readonly lines?: readonly string[];
  /** Who may read; everybody where absent. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** apache2 with mod_dav_fs over `/music/`, and with an index of `/plain/`, which is the same folder. */
export function startApache(options: ApacheOptions = {}): Promise<WebServer> {
  return startWebServer({
    folders: ["lock"],
    config: (places) => configOf(places, options),
    command: ({ configFile }) => ["apache2", "-f", configFile, "-D", "FOREGROUND"],
  });
}

function configOf(places: WebServerPlaces, { lines = [], user }: ApacheOptions): string {
  const { folder, root, port, errorLog, accessLog } = places;
  const isRoot = process.getuid?.() === 0;
  // Its workers are somebody else.
  if (isRoot) chmodSync(join(folder, "lock"), 0o777);
  if (user) writeFileSync(join(folder, "users"), `${user.name}:${hashed(user.password)}\n`);
  const auth = user
    ? [`AuthType Basic`, `AuthName music`, `AuthUserFile "${folder}/users"`, "Require valid-user"]
    : ["Require all granted"];
  return [
    ...LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    `ServerRoot "${folder}"`,
    "ServerName localhost",
    `Listen 127.0.0.1:${port}`,
    `PidFile "${folder}/pid"`,
    `DefaultRuntimeDir "${folder}"`,
    `ErrorLog "${errorLog}"`,
    `LogFormat "%m %U %>s %B" music`,
    `CustomLog "${accessLog}" music`,
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
  ].join("\n");
}

// The form `{SHA}`, which Apache reads without any tool of its own.
function hashed(password: string): string {
  return `{SHA}${createHash("sha1").update(password).digest("base64")}`;
}
