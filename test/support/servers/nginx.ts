import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.js";
import type { WebServer } from "./apache.js";
import { serverFolder, startServer } from "./server-process.js";

const DAV_MODULE = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";

export interface NginxOptions {
  /** A key and a certificate; then it is served over https, as `localhost`. */
  readonly tls?: { readonly keyFile: string; readonly certificateFile: string };
}

/** nginx with dav-ext over `/music/`, and with indexes of the same folder as HTML at `/plain/` and as JSON at `/json/`. */
export async function startNginx({ tls }: NginxOptions = {}): Promise<WebServer> {
  const folder = serverFolder("music", "tmp");
  const [port, root] = [await freePort(), join(folder, "music")];
  const conf = `
    load_module ${DAV_MODULE};
    daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    ${process.getuid?.() === 0 ? "user nobody nogroup;" : ""}
    events { worker_connections 1024; }
    http {
      log_format music '$request_method $uri $status $body_bytes_sent';
      access_log ${folder}/access.log music;
      client_body_temp_path ${folder}/tmp; proxy_temp_path ${folder}/tmp; fastcgi_temp_path ${folder}/tmp;
      uwsgi_temp_path ${folder}/tmp; scgi_temp_path ${folder}/tmp;
      charset utf-8; keepalive_requests 1000000; sendfile on;
      server {
        listen 127.0.0.1:${port}${tls ? " ssl" : ""};
        ${tls ? `ssl_certificate ${tls.certificateFile}; ssl_certificate_key ${tls.keyFile};` : ""}
        location /music/ { alias ${root}/; dav_ext_methods PROPFIND OPTIONS; }
        location /plain/ { alias ${root}/; autoindex on; }
        location /json/ { alias ${root}/; autoindex on; autoindex_format json; }
        location /elsewhere/ { return 302 http://localhost:${port}/music/; }
      }
    }`;
  const file = join(folder, "nginx.conf");
  writeFileSync(file, conf);
  const server = await startServer(
    { command: ["nginx", "-e", `${folder}/error.log`, "-c", file], port },
    join(folder, "error.log"),
  );
  return {
    ...server,
    url: `${tls ? "https://localhost" : "http://127.0.0.1"}:${port}/music/`,
    root,
    accessLog: join(folder, "access.log"),
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
