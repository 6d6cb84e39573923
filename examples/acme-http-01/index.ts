import * as pulumi from "@pulumi/pulumi";
import { AcmeAccount, Certificate, standalone, type StandaloneArgs } from "pulumi-certificates";

const config = new pulumi.Config();

const letsencrypt = new AcmeAccount("letsencrypt", {
  // `npm start` sets `ca` and `listen`, for a CA on this machine that looks at another port.
  ...(config.getObject<{ directory: string }>("ca") ?? { directory: "letsencrypt-staging" }),
  email: config.require("email"),
  // Listens while a challenge is open, and only then.
  solvers: [{ http01: standalone(config.getObject<StandaloneArgs>("listen") ?? { port: 80 }) }],
});

const web = new Certificate("web", {
  issuer: letsencrypt,
  dnsNames: config.requireObject<string[]>("dnsNames"),
  renewBefore: "30%",
});

export const serialNumber = web.serialNumber;
export const notAfter = web.notAfter;
