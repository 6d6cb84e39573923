import { type AwsCloud, account } from "./awsCloud";
import { AwsError } from "./awsError";
import { whyNotImported, whyNotReimported } from "./importRules";
import type { Guard } from "./guards";
import type { AwsRequest } from "./wire";
import { usersOf } from "./usersOfCertificates";
import { listOf } from "./xml";

const text = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");

/** ACM API Reference: ImportCertificate, DescribeCertificate, DeleteCertificate. */
export const acmGuards: Readonly<Record<string, Guard>> = {
  "acm:ImportCertificate": async (request, cloud) => {
    const { region, input } = request;
    const { Certificate, PrivateKey, CertificateChain, CertificateArn, Tags } = input;
    const refuse = (reason: string | undefined) => {
      if (reason !== undefined) throw refused(request, "ValidationException", reason);
    };
    if (CertificateArn === undefined) {
      refuse(whyNotImported(text(Certificate), text(PrivateKey), CertificateChain && text(CertificateChain)));
      return cloud.askMoto("acm", region, "ImportCertificate", input);
    }
    if (Tags?.length > 0) refuse("Tagging is not permitted on re-import.");
    const { Certificate: before } = await cloud.askMoto("acm", region, "GetCertificate", { CertificateArn });
    const tags = await cloud.askMoto("acm", region, "ListTagsForCertificate", { CertificateArn });
    refuse(whyNotImported(text(Certificate), text(PrivateKey), CertificateChain && text(CertificateChain)));
    refuse(whyNotReimported(before, text(Certificate)));
    const answer = await cloud.askMoto("acm", region, "ImportCertificate", input);
    // moto loses the tags of what is imported again.
    if (tags.Tags.length > 0) await cloud.askMoto("acm", region, "AddTagsToCertificate", { CertificateArn, ...tags });
    return answer;
  },

  "acm:DescribeCertificate": async ({ region, input }, cloud) => {
    const { Certificate } = await cloud.askMoto("acm", region, "DescribeCertificate", input);
    const Status = await statusOf(Certificate, cloud);
    const issued = Status === "ISSUED";
    const options = Certificate.DomainValidationOptions?.map((option: object) => ({
      ...option,
      ValidationStatus: issued ? "SUCCESS" : Status,
    }));
    const { NotBefore, NotAfter, IssuedAt, ...pending } = Certificate;
    const InUseBy = await usersOf(Certificate.CertificateArn, region, cloud);
    return {
      Certificate: {
        ...pending,
        ...(issued && { NotBefore, NotAfter, IssuedAt }),
        ...(options && { DomainValidationOptions: options }),
        Status,
        InUseBy,
      },
    };
  },

  "acm:DeleteCertificate": async (request, cloud) => {
    const { region, input } = request;
    await cloud.askMoto("acm", region, "DescribeCertificate", input);
    const users = await usersOf(input["CertificateArn"], region, cloud);
    if (users.length > 0)
      throw refused(
        request,
        "ResourceInUseException",
        `Certificate ${input["CertificateArn"]} in account ${account} is in use.`,
      );
    return cloud.askMoto("acm", region, "DeleteCertificate", input);
  },
};

/**
 * A certificate that ACM issues is issued once the CNAME of each of its names is in a public zone, and stays so (ACM User
 * Guide, "AWS Certificate Manager DNS validation"); moto issues it in any case.
 */
export async function statusOf(certificate: any, cloud: AwsCloud): Promise<string> {
  if (certificate.Type !== "AMAZON_ISSUED") return certificate.Status;
  if (!cloud.memory.has("issued")) cloud.memory.set("issued", new Set<string>());
  const issued = cloud.memory.get("issued") as Set<string>;
  if (issued.has(certificate.CertificateArn)) return "ISSUED";
  const found = await publicRecords(cloud);
  const valid = certificate.DomainValidationOptions.every(({ ResourceRecord: { Name, Value } }: any) =>
    found.has(`${Name} CNAME ${Value}`),
  );
  if (!valid) return "PENDING_VALIDATION";
  issued.add(certificate.CertificateArn);
  return "ISSUED";
}

async function publicRecords(cloud: AwsCloud): Promise<Set<string>> {
  const found = new Set<string>();
  const dotted = (name: string) => (name.endsWith(".") ? name : `${name}.`);
  const { HostedZones } = await cloud.askMoto("route53", "us-east-1", "ListHostedZones");
  for (const { Id, Config } of listOf(HostedZones?.HostedZone)) {
    if (Config?.PrivateZone === "true") continue;
    const { ResourceRecordSets } = await cloud.askMoto("route53", "us-east-1", "ListResourceRecordSets", {
      HostedZoneId: Id,
    });
    for (const { Name, Type, ResourceRecords } of listOf(ResourceRecordSets?.ResourceRecordSet))
      for (const { Value } of listOf(ResourceRecords?.ResourceRecord))
        found.add(`${dotted(Name)} ${Type} ${dotted(Value)}`);
  }
  return found;
}

function refused({ service, action }: AwsRequest, code: string, reason: string): AwsError {
  return new AwsError(service, action, code, reason);
}
