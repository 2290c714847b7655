import { startWebServer, type WebServer } from "./web-server.js";

const DAV_MODULE = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";

export interface NginxOptions {
  /** A key and a certificate; then it is served over https, as `localhost`. */
  readonly tls?: { readonly keyFile: string; readonly certificateFile: string };
}

/** nginx with dav-ext over `/music/`, and with indexes of the same folder as HTML at `/plain/` and as JSON at `/json/`. */
export function startNginx({ tls }: NginxOptions = {}): Promise<WebServer> {
  return startWebServer({
    folders: ["tmp"],
    ...(tls ? { origin: "https://localhost" } : {}),
    config: ({ folder, root, port, errorLog, accessLog }) => `
    load_module ${DAV_MODULE};
    daemon off; worker_processes 1; pid ${folder}/pid; error_log ${errorLog};
    ${process.getuid?.() === 0 ? "user nobody nogroup;" : ""}
    events { worker_connections 1024; }
    http {
      log_format music '$request_method $uri $status $body_bytes_sent';
      access_log ${accessLog} music;
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
    }`,
    command: ({ errorLog, configFile }) => ["nginx", "-e", errorLog, "-c", configFile],
  });
}
