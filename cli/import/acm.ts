import { mapBounded } from "../../sdk/verify/mapBounded";
import { commandOutput } from "./commandOutput";
import { type Findings, findings, type Found, type Refusal } from "./found";

/** Without it ACM lists only certificates with RSA keys of 1024 and 2048 bits. */
const keyTypes = "RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1";
const atOnce = 8;
const hint = "Check the account with: aws sts get-caller-identity.";

interface Listed {
  readonly CertificateSummaryList?: readonly { readonly CertificateArn: string }[];
}
interface Described {
  readonly Certificate: { readonly Type?: string };
}
interface Got {
  readonly Certificate: string;
  readonly CertificateChain?: string;
}

/** The issued certificates of AWS Certificate Manager in one region, by the AWS command line. Their keys stay there. */
export async function findAcm(args: readonly string[]): Promise<Findings> {
  const acm = async <T>(...command: string[]): Promise<T> =>
    JSON.parse(await commandOutput("aws", ["acm", ...command, "--output", "json", ...args], hint)) as T;
  const filter = ["--certificate-statuses", "ISSUED", "--includes", `keyTypes=${keyTypes}`];
  const { CertificateSummaryList: listed = [] } = await acm<Listed>("list-certificates", ...filter);
  const arns = listed.map(({ CertificateArn }) => CertificateArn).sort();
  const each = await mapBounded(arns, atOnce, async (arn): Promise<Found | Refusal> => {
    const { Certificate: described } = await acm<Described>("describe-certificate", "--certificate-arn", arn);
    const { Certificate: leaf, CertificateChain: chain = "" } = await acm<Got>(
      "get-certificate",
      "--certificate-arn",
      arn,
    );
    const stop = `ACM renews it as long as it is in use: give ${arn} up when its users have the new one.`;
    return {
      origin: `ACM certificate ${arn}`,
      pem: `${leaf.trim()}\n${chain}`,
      ...(described.Type === "IMPORTED"
        ? {}
        : { managedBy: { tool: "ACM", evidence: `its type is ${described.Type ?? "unknown"}`, stop } }),
    };
  });
  return findings(each);
}
