import * as pulumi from "@pulumi/pulumi";
import { AcmeAccount, Certificate, standalone, type StandaloneArgs } from "pulumi-certificates";

const config = new pulumi.Config();

const letsencrypt = new AcmeAccount("letsencrypt", {
  // `npm start` sets `ca` and `listen`, for a CA on this machine that looks at another port.
  ...(config.getObject<{ directory: string }>("ca") ?? { directory: "letsencrypt-staging" }),
  email: config.require("email"),
  solvers: [{ http01: standalone(config.getObject<StandaloneArgs>("listen") ?? { port: 80 }) }],
});

const fleet = config
  .requireObject<string[]>("dnsNames")
  .map((name) => new Certificate(name, { issuer: letsencrypt, dnsNames: [name] }));

export const serialNumbers = fleet.map((certificate) => certificate.serialNumber);
export const certificates = fleet.map((certificate) => certificate.certificatePem);
/** For a monitor: why a renewal failed, for those that it failed for. */
export const failures = fleet.map((certificate) => certificate.lastFailure);
