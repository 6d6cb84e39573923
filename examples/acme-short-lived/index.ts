import * as pulumi from "@pulumi/pulumi";
import { AcmeAccount, Certificate, standalone, type StandaloneArgs } from "pulumi-certificates";

const config = new pulumi.Config();

const letsencrypt = new AcmeAccount("letsencrypt", {
  // `npm start` sets `ca` and `listen`, for a CA on this machine that looks at another port.
  ...(config.getObject<{ directory: string }>("ca") ?? { directory: "letsencrypt-staging" }),
  email: config.require("email"),
  profile: "shortlived",
  solvers: [{ http01: standalone(config.getObject<StandaloneArgs>("listen") ?? { port: 80 }) }],
});

// Renewed when the CA asks for it, and else after half of its 160 hours. `certificates:cadence` is how often the stack
// runs, which has to be more often than that.
const edge = new Certificate("edge", {
  issuer: letsencrypt,
  dnsNames: config.requireObject<string[]>("dnsNames"),
  ipAddresses: config.getObject<string[]>("ipAddresses") ?? [],
});

export const serialNumber = edge.serialNumber;
export const notAfter = edge.notAfter;
