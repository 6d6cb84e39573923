import * as pulumi from "@pulumi/pulumi";
import { AcmeAccount, Certificate, standalone, type StandaloneArgs } from "pulumi-certificates";

const config = new pulumi.Config();
const email = config.require("email");
const solvers = [{ http01: standalone(config.getObject<StandaloneArgs>("listen") ?? { port: 80 }) }];

// `npm start` sets `ca`, `secondCa` and `listen`, for two CAs on this machine that look at another port.
const letsencrypt = new AcmeAccount("letsencrypt", {
  ...(config.getObject<{ directory: string }>("ca") ?? { directory: "letsencrypt-staging" }),
  email,
  solvers,
});
const google = new AcmeAccount("google", {
  ...(config.getObject<{ directory: string }>("secondCa") ?? { directory: "google-staging" }),
  // Google has accounts for its customers only.
  externalAccountBinding: { keyId: config.require("keyId"), hmacKey: config.requireSecret("hmacKey") },
  email,
  solvers,
});

const web = new Certificate("web", {
  issuer: letsencrypt,
  fallbackIssuers: [google],
  // While more than a third of the renewal window is left, the certificate in use is kept instead.
  fallbackBelow: "33%",
  dnsNames: config.requireObject<string[]>("dnsNames"),
});

export const servedBy = web.servedBy;
export const warnings = web.warnings.apply((all) => all ?? []);
export const notAfter = web.notAfter;
