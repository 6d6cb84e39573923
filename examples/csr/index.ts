import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Certificate, CertificateAuthority } from "pulumi-certificates";

// Stands for the machine that makes its own key. Only the request leaves it.
if (!existsSync("machine/web.csr")) execFileSync("./make-request.sh", { stdio: "pipe" });

const root = new CertificateAuthority("root", { commonName: "Example Root" });

const web = new Certificate("web", {
  issuer: root,
  csrPem: readFileSync("machine/web.csr", "utf8"),
  duration: "90d",
});

/** To be installed beside the key. There is no `privateKeyPem`: the state holds none. */
export const fullChainPem = web.fullChainPem;
