import { startWebServer, type WebServer } from "./web-server.js";

/** lighttpd with mod_webdav over `/music/`, and with an index of the same folder at `/plain/`. */
export function startLighttpd(): Promise<WebServer> {
  return startWebServer({
    config: ({ root, port, errorLog, accessLog }) => `
    server.modules = ("mod_alias", "mod_webdav", "mod_dirlisting", "mod_accesslog")
    server.document-root = "${root}"
    server.bind = "127.0.0.1"
    server.port = ${port}
    server.errorlog = "${errorLog}"
    accesslog.filename = "${accessLog}"
    accesslog.format = "%m %U %s %b"
    # By default it takes what it knew of a file a second ago for what is.
    server.stat-cache-engine = "disable"
    server.max-keep-alive-requests = 100000
    alias.url = ("/music/" => "${root}/", "/plain/" => "${root}/")
    $HTTP["url"] =~ "^/music/" { webdav.activate = "enable" webdav.is-readonly = "enable" }
    $HTTP["url"] =~ "^/plain/" { dir-listing.activate = "enable" dir-listing.hide-dotfiles = "disable" }
  `,
    command: ({ configFile }) => ["lighttpd", "-D", "-f", configFile],
  });
}
