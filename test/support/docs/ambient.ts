import { join } from "node:path";
import { repository } from "../provide";

/**
 * What code blocks of the documentation may use without saying where it comes from: the exports of the package, and
 * the resources that stand for those of an earlier block on the page.
 */
const declared = `
import * as pulumiModule from "@pulumi/pulumi";
import * as certificates from "pulumi-certificates";
declare global {
  const pulumi: typeof pulumiModule;
${["Certificate", "CertificateAuthority", "CertificateSet", "CertificateDeployment", "EndpointVerification"]
  .concat(["AcmeAccount", "caIssuer", "selfSigned", "files", "pkcs12", "standalone"])
  .map((name) => `  const ${name}: typeof certificates.${name};`)
  .join("\n")}
  const config: pulumiModule.Config;
  const platform: pulumiModule.StackReference;
  const password: pulumiModule.Output<string>;
  const root: certificates.CertificateAuthority;
  const issuing: certificates.CertificateAuthority;
  const web: certificates.Certificate;
  const edge: certificates.CertificateDeployment;
  const fleet: certificates.CertificateSet;
}
`;

/** A file that stands nowhere: where imports are looked for, as from a program at the root of the repository. */
export const blockFile = (name: string): string => join(repository, `${name}.documentation.ts`);

export const ambient = { path: blockFile("ambient"), text: declared };
