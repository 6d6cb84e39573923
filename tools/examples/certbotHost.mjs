// A folder as certbot leaves it, with a deploy hook, and the nginx that gets its certificates from that hook.
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exec } from "../exec.mjs";
import { prepareNginx } from "./nginx.mjs";
import { serialServed } from "./served.mjs";

/**
 * @param {string} name the lineage, and the name that its certificate is for
 * @param {string} hook the script in `renewal-hooks/deploy`, as it is for real use: what it finds elsewhere is replaced
 */
export async function prepareCertbotHost(folder, name, hook) {
  const letsencrypt = join(folder, "letsencrypt");
  const lineage = join(letsencrypt, "live", name);
  const [copies, reloadFile] = [join(folder, "nginx-tls"), join(folder, "reload-nginx")];
  mkdirSync(copies);
  const nginx = await prepareNginx(folder, { certificate: join(copies, "www.pem"), key: join(copies, "www.key") });
  const line = ([, , text]) => `#!/bin/sh\n${text}\n`;
  writeFileSync(reloadFile, line(nginx.reload), { mode: 0o755 });
  const text = hook
    .replaceAll("/etc/nginx/tls", copies)
    .replace("nginx -t", nginx.check.join(" "))
    .replace("systemctl reload-or-restart nginx", reloadFile);
  const script = join(letsencrypt, "renewal-hooks", "deploy", "nginx.sh");
  mkdirSync(dirname(script), { recursive: true });
  writeFileSync(script, text, { mode: 0o755 });
  await writeLineage(letsencrypt, name);
  // As certbot did after its last renewal.
  await exec(script, [], { env: { RENEWED_LINEAGE: lineage, RENEWED_DOMAINS: name } });
  return {
    letsencrypt,
    port: nginx.port,
    served: () => serialServed({ port: nginx.port, servername: name }),
    /** The serial number of the certificate in a file of the lineage. */
    fileSerial: (file) => BigInt(`0x${new X509Certificate(readFileSync(join(lineage, file))).serialNumber}`),
    stop: nginx.stop,
  };
}

/** `live/<name>` has links into `archive/<name>`. */
async function writeLineage(letsencrypt, name) {
  const [archive, live] = ["archive", "live"].map((part) => join(letsencrypt, part, name));
  for (const path of [archive, live]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "60"];
  const make = (...args) => exec("openssl", ["req", "-x509", ...options, ...args], { cwd: archive });
  await make("-subj", "/CN=Old CA", "-keyout", "ca.key", "-out", "chain1.pem");
  const issuer = ["-CA", "chain1.pem", "-CAkey", "ca.key"];
  const names = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  await make(...issuer, ...names, "-keyout", "privkey1.pem", "-out", "cert1.pem");
  const [cert, chain] = ["cert1.pem", "chain1.pem"].map((file) => readFileSync(join(archive, file), "utf8"));
  writeFileSync(join(archive, "fullchain1.pem"), cert + chain);
  for (const file of ["cert", "chain", "fullchain", "privkey"])
    symlinkSync(`../../archive/${name}/${file}1.pem`, join(live, `${file}.pem`));
}
