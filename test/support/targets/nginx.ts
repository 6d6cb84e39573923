import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { webFixture } from "./webServer";

export const nginxFixture = webFixture({
  kind: "nginx",
  needs: "nginx",
  option: "-c",
  start: [],
  configure(folder, port) {
    for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(join(folder, name));
    return `pid ${folder}/server.pid;
error_log ${folder}/error.log notice;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ssl_protocols TLSv1.2 TLSv1.3;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/tls/web.pem;
    ssl_certificate_key ${folder}/tls/web.key;
    return 204;
  }
}
`;
  },
});
