import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.js";
import type { WebServer } from "./apache.js";
import { serverFolder, startServer } from "./server-process.js";

/** lighttpd with mod_webdav over `/music/`, and with an index of the same folder at `/plain/`. */
export async function startLighttpd(): Promise<WebServer> {
  const folder = serverFolder("music");
  const [port, root] = [await freePort(), join(folder, "music")];
  const conf = `
    server.modules = ("mod_alias", "mod_webdav", "mod_dirlisting", "mod_accesslog")
    server.document-root = "${root}"
    server.bind = "127.0.0.1"
    server.port = ${port}
    server.errorlog = "${folder}/error.log"
    accesslog.filename = "${folder}/access.log"
    accesslog.format = "%m %U %s %b"
    # By default it takes what it knew of a file a second ago for what is.
    server.stat-cache-engine = "disable"
    server.max-keep-alive-requests = 100000
    alias.url = ("/music/" => "${root}/", "/plain/" => "${root}/")
    $HTTP["url"] =~ "^/music/" { webdav.activate = "enable" webdav.is-readonly = "enable" }
    $HTTP["url"] =~ "^/plain/" { dir-listing.activate = "enable" dir-listing.hide-dotfiles = "disable" }
  `;
  const file = join(folder, "lighttpd.conf");
  writeFileSync(file, conf);
  const server = await startServer(
    { command: ["lighttpd", "-D", "-f", file], port },
    join(folder, "error.log"),
  );
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
