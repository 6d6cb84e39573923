import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Whom a client certificate names: its common name is the user, its organizations are the groups. */
export interface KubernetesUser {
  readonly name: string;
  readonly groups?: readonly string[];
}

/** The CA of a cluster, which names its API server and those who may speak to it. */
export class ClusterAuthority {
  readonly certificatePath: string;
  private readonly keyPath: string;
  private readonly issued = new Map<string, { certificate: string; key: string }>();

  constructor(private readonly folder: string) {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, "openssl.cnf"), "[req]\ndistinguished_name = dn\n[dn]\n");
    this.certificatePath = join(folder, "ca.pem");
    this.keyPath = join(folder, "ca-key.pem");
    const usages = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"];
    this.openssl(this.certificatePath, this.keyPath, "/CN=cluster", usages);
  }

  certificatePem(): string {
    return readFileSync(this.certificatePath, "utf8");
  }

  /** The paths of a certificate for 127.0.0.1 and its key. */
  server(): { certificate: string; key: string } {
    return this.issue("server", "/CN=kube-apiserver", "serverAuth", ["subjectAltName=IP:127.0.0.1,DNS:localhost"]);
  }

  /** The same for a client. */
  client({ name, groups = [] }: KubernetesUser): { certificate: string; key: string } {
    const subject = [...groups.map((group) => ["O", group]), ["CN", name]];
    const text = subject.map(([type = "", value = ""]) => `/${type}=${value.replaceAll(/[/+=\\]/g, "\\$&")}`).join("");
    return this.issue(`client-${this.issued.size}`, text, "clientAuth");
  }

  private issue(name: string, subject: string, usage: string, extensions: readonly string[] = []) {
    const before = this.issued.get(subject);
    if (before !== undefined) return before;
    const pair = { certificate: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}-key.pem`) };
    const all = ["basicConstraints=CA:FALSE", `extendedKeyUsage=${usage}`, ...extensions];
    const issuer = ["-CA", this.certificatePath, "-CAkey", this.keyPath];
    this.openssl(pair.certificate, pair.key, subject, all, issuer);
    this.issued.set(subject, pair);
    return pair;
  }

  private openssl(out: string, key: string, subject: string, extensions: readonly string[], issuer: string[] = []) {
    const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", out];
    const content = ["-subj", subject, "-days", "2", ...extensions.flatMap((one) => ["-addext", one])];
    const config = ["-config", join(this.folder, "openssl.cnf")];
    execFileSync("openssl", ["req", "-x509", ...config, ...made, ...content, ...issuer], { stdio: "pipe" });
  }
}
