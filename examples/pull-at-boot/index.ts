import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority, CertificateDeployment, files, ssh } from "pulumi-certificates";

/** The host from which the others fetch. It serves the certificate itself: that is how it is verified. */
interface Store {
  host: string;
  port?: number;
  user: string;
  hostKey: string;
  identityFile: string;
  /** Whether check and reload need `sudo`. */
  sudo?: boolean;
  directory: string;
  /** Its group is that of the user as which the others log in. */
  owner?: string;
  check: string[];
  reload: string[];
  /** The port of its web server. */
  httpsPort: number;
}

const config = new pulumi.Config();
const { host, port = 22, user, hostKey, identityFile, sudo = false, ...store } = config.requireObject<Store>("store");
const storeHost = ssh({ host, port, user, hostKey, identityFile, sudo });

const root = new CertificateAuthority("root", { commonName: "Example Root" });

const web = new Certificate("web", {
  issuer: root,
  dnsNames: ["web.internal.example"],
  duration: "90d",
  renewBefore: "30d",
  triggers: { generation: config.get("generation") ?? "1" },
});

const deployed = new CertificateDeployment("store", {
  certificate: web,
  target: files({
    directory: store.directory,
    files: { "web.pem": "combined" },
    keyMode: "0640",
    ...(store.owner !== undefined && { owner: store.owner }),
    check: store.check,
    reload: store.reload,
  }),
  waves: [[storeHost]],
  // Asked from the store itself: nobody else needs to reach it but by SSH.
  endpoints: [{ address: "127.0.0.1", port: store.httpsPort, from: storeHost }],
  timeout: config.get("timeout") ?? "2m",
});

export const deployedFingerprint = deployed.deployedFingerprint;
export const trustBundlePem = root.trustBundlePem;
