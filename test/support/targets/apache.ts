import { webFixture } from "./webServer";

/** With one process at a time: none is added while it is told to restart. */
export const apacheFixture = webFixture({
  kind: "apache",
  needs: "apache2",
  option: "-f",
  start: ["-k", "start"],
  configure: (folder, port) => `ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/server.pid
ErrorLog ${folder}/error.log
ServerName web.example.com
DocumentRoot ${folder}
LoadModule mpm_event_module mod_mpm_event.so
LoadModule authz_core_module mod_authz_core.so
LoadModule ssl_module mod_ssl.so
User nobody
Group nogroup
StartServers 1
MinSpareThreads 1
MaxSpareThreads 100
Listen 127.0.0.1:${port}
<VirtualHost 127.0.0.1:${port}>
  SSLEngine on
  SSLProtocol -all +TLSv1.2 +TLSv1.3
  SSLCertificateFile ${folder}/tls/web.pem
  SSLCertificateKeyFile ${folder}/tls/web.key
</VirtualHost>
`,
});
