import { setTimeout as delay } from "node:timers/promises";
import { isAwsError } from "../awsError";
import type { AwsType } from "../awsType";
import { saying } from "../saying";

/** terraform-provider-aws, internal/service/acm/certificate_validation.go; it looks more often, and waits 75 minutes likewise. */
export const certificateValidation: AwsType = {
  token: "aws:acm/certificateValidation:CertificateValidation",
  required: ["certificateArn"],
  forceNew: ["certificateArn", "validationRecordFqdns"],
  computed: [],
  sets: ["validationRecordFqdns"],
  tagged: false,

  async create({ certificateArn, validationRecordFqdns }, { ask, signal }) {
    const describe = async () =>
      (await ask("acm", "DescribeCertificate", { CertificateArn: certificateArn })).Certificate;
    const certificate = await saying(`reading ACM Certificate (${certificateArn})`, describe);
    if (certificate.Type !== "AMAZON_ISSUED")
      throw new Error(`ACM Certificate (${certificateArn}) has type ${certificate.Type}, no validation necessary`);
    const missing = missingRecords(certificate, validationRecordFqdns);
    if (missing.length > 0) throw new Error(missing.map((name) => `missing ${name} DNS validation record`).join("\n"));
    for (;;) {
      const { Status, IssuedAt } = await describe();
      if (Status === "ISSUED")
        return `${new Date(IssuedAt * 1000).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
      if (Status !== "PENDING_VALIDATION" || signal?.aborted === true)
        throw new Error(
          `waiting for ACM Certificate (${certificateArn}) to be issued: ` +
            (Status === "PENDING_VALIDATION"
              ? "timeout while waiting for state to become 'ISSUED' (last state: 'PENDING_VALIDATION')"
              : `unexpected state '${Status}', wanted target 'ISSUED'`),
        );
      await delay(100);
    }
  },

  async read(_id, { certificateArn }, { ask }) {
    try {
      const { Certificate } = await ask("acm", "DescribeCertificate", { CertificateArn: certificateArn });
      return Certificate.Status === "ISSUED" ? { certificateArn } : undefined;
    } catch (error) {
      if (isAwsError(error, "ResourceNotFoundException")) return undefined;
      throw error;
    }
  },

  async delete() {
    // Nothing was made.
  },
};

function missingRecords(certificate: any, fqdns: readonly string[] | undefined): string[] {
  if (fqdns === undefined) return [];
  const given = new Set(fqdns.map((name) => name.replace(/\.$/, "")));
  const wanted = certificate.DomainValidationOptions.map(({ ResourceRecord }: any) =>
    ResourceRecord.Name.replace(/\.$/, ""),
  );
  return [...new Set(wanted as string[])].filter((name) => !given.has(name));
}
