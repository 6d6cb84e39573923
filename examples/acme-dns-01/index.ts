import * as pulumi from "@pulumi/pulumi";
import { AcmeAccount, Certificate, type DnsArgs, rfc2136 } from "pulumi-certificates";

const config = new pulumi.Config();
const domain = config.require("domain");

const letsencrypt = new AcmeAccount("letsencrypt", {
  // `npm start` sets `ca` and `dns`, for a CA and a name server on this machine.
  ...(config.getObject<{ directory: string }>("ca") ?? { directory: "letsencrypt-staging" }),
  email: config.require("email"),
  solvers: [
    {
      dnsZones: [domain],
      dns01: rfc2136({
        server: config.require("server"),
        keyName: config.require("keyName"),
        key: config.requireSecret("tsigKey"),
        ...config.getObject<DnsArgs>("dns"),
      }),
    },
  ],
});

const web = new Certificate("web", { issuer: letsencrypt, dnsNames: [domain, `*.${domain}`] });

export const serialNumber = web.serialNumber;
export const notAfter = web.notAfter;
