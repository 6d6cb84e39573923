import { X509Certificate } from "node:crypto";
import { type AwsCloud, account } from "./awsCloud";
import { AwsError } from "./awsError";
import { whyNotImported, whyNotReimported } from "./importRules";
import type { Guard } from "./guards";
import type { AwsRequest } from "./wire";
import { usersOf } from "./usersOfCertificates";
import { keep, pemOf, takenByMoto } from "./withoutCommonName";
import { listOf } from "./xml";

const text = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");

/** ACM API Reference: ImportCertificate, DescribeCertificate, DeleteCertificate. */
export const acmGuards: Readonly<Record<string, Guard>> = {
  "acm:ImportCertificate": async (request, cloud) => {
    const { region, input } = request;
    const { CertificateArn, Tags } = input;
    const pem = text(input["Certificate"]);
    const refuse = (reason: string | undefined) => {
      if (reason !== undefined) throw refused(request, "ValidationException", reason);
    };
    if (CertificateArn !== undefined && Tags?.length > 0) refuse("Tagging is not permitted on re-import.");
    const before = CertificateArn === undefined ? undefined : await pemOf(CertificateArn, region, cloud);
    refuse(
      whyNotImported(pem, text(input["PrivateKey"]), input["CertificateChain"] && text(input["CertificateChain"])),
    );
    if (before !== undefined) refuse(whyNotReimported(before, pem));
    // moto loses the tags of what is imported again.
    const kept =
      before === undefined
        ? undefined
        : await cloud.askMoto("acm", region, "ListTagsForCertificate", { CertificateArn });
    const answer = await cloud.askMoto("acm", region, "ImportCertificate", {
      ...input,
      Certificate: Buffer.from(await takenByMoto(pem)).toString("base64"),
    });
    keep(answer.CertificateArn, pem, cloud);
    if (kept?.Tags.length > 0) await cloud.askMoto("acm", region, "AddTagsToCertificate", { CertificateArn, ...kept });
    return answer;
  },

  "acm:GetCertificate": async ({ region, input }, cloud) => {
    const answer = await cloud.askMoto("acm", region, "GetCertificate", input);
    return { ...answer, Certificate: await pemOf(input["CertificateArn"], region, cloud) };
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
    const { subject, issuer } = new X509Certificate(await pemOf(Certificate.CertificateArn, region, cloud));
    return {
      Certificate: {
        ...pending,
        Subject: oneLine(subject),
        Issuer: oneLine(issuer),
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

/** Node writes a line for each part of a name, and none for an empty one. */
function oneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ",");
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
