import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority, CertificateDeployment, nginx, ssh } from "pulumi-certificates";

interface EdgeHost {
  readonly host: string;
  readonly user: string;
  /** The content of its /etc/ssh/ssh_host_ed25519_key.pub. */
  readonly hostKey: string;
  readonly port?: number;
  /** The path of the key that logs in. Without it the keys of the SSH agent are used. */
  readonly identityFile?: string;
}

const config = new pulumi.Config();
const hosts = config.requireObject<EdgeHost[]>("hosts");
const port = config.getNumber("port") ?? 443;
// Where they are left out, nginx has its own defaults.
const nginxArgs = config.getObject<{ program?: string; configuration?: string }>("nginx") ?? {};
const directory = config.get("directory") ?? "/etc/nginx/tls";

const root = new CertificateAuthority("root", { commonName: "Example Root" });

const web = new Certificate("web", {
  issuer: root,
  dnsNames: ["www.internal.example"],
  duration: "90d",
  renewBefore: "30d",
});

const [canary, ...others] = hosts.map((host) => ssh(host));
if (canary === undefined) throw new Error("The list `hosts` of the configuration is empty.");

const edge = new CertificateDeployment("edge", {
  certificate: web,
  target: nginx({
    certificatePath: `${directory}/www.pem`,
    keyPath: `${directory}/www.key`,
    ...nginxArgs,
    // The hosts have files at these paths already; they are kept until the first deployment has succeeded.
    takeOver: true,
  }),
  // The second wave begins when the canary serves the certificate.
  waves: [[canary], others],
  endpoints: hosts.map(({ host }) => ({ address: host, port, serverName: "www.internal.example" })),
  timeout: "30s",
});

export const deployedFingerprint = edge.deployedFingerprint;
export const serialNumber = web.serialNumber;
