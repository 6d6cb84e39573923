import { computed, type PropertyValues } from "../../propertyValues";
import { isAwsError } from "../awsError";
import { type AwsContext, type AwsType, tagChanges, tagList, tagRecord } from "../awsType";
import { saying } from "../saying";

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const time = (seconds: number | undefined) =>
  seconds === undefined ? undefined : new Date(seconds * 1000).toISOString().replace(".000", "");
const imported = ["certificateBody", "privateKey", "certificateChain"] as const;

/** terraform-provider-aws, internal/service/acm/certificate.go. Of `ResourceInUseException` it makes no 20 minutes of retries. */
export const acmCertificate: AwsType = {
  token: "aws:acm/certificate:Certificate",
  required: [],
  forceNew: [
    "domainName",
    "subjectAlternativeNames",
    "validationMethod",
    "keyAlgorithm",
    "validationOptions",
    "certificateAuthorityArn",
  ],
  computed: [
    ...[
      "arn",
      "domainName",
      "domainValidationOptions",
      "keyAlgorithm",
      "notAfter",
      "notBefore",
      "options",
      "pendingRenewal",
    ],
    ...[
      "renewalEligibility",
      "renewalSummaries",
      "status",
      "subjectAlternativeNames",
      "type",
      "validationEmails",
      "validationMethod",
    ],
  ],
  sets: ["subjectAlternativeNames"],
  check(inputs) {
    const { domainName, privateKey, certificateBody, validationMethod, certificateAuthorityArn } = inputs;
    if ((domainName === undefined) === (privateKey === undefined))
      return domainName === undefined
        ? `Invalid combination of arguments. "domain_name": one of \`domain_name,private_key\` must be specified`
        : `Conflicting configuration arguments. "domain_name": conflicts with private_key`;
    if (domainName === undefined && certificateBody === undefined)
      return `Missing required argument. "private_key": all of \`certificate_body,private_key\` must be specified`;
    if (domainName !== undefined && validationMethod === undefined && certificateAuthorityArn === undefined)
      return "`certificate_authority_arn` or `validation_method` must be set when creating an ACM certificate";
    return undefined;
  },
  preview({ domainName, subjectAlternativeNames = [], validationMethod }) {
    if (validationMethod !== "DNS" || typeof domainName !== "string" || !Array.isArray(subjectAlternativeNames))
      return {};
    const names = [...new Set([domainName, ...(subjectAlternativeNames as string[])])].sort();
    const unknown = { resourceRecordName: computed, resourceRecordType: computed, resourceRecordValue: computed };
    return {
      domainValidationOptions: names.map((name) => ({ domainName: name, ...unknown })),
      subjectAlternativeNames: names,
    };
  },

  async create(inputs, { ask, tags }) {
    const { domainName, certificateBody, privateKey, certificateChain } = inputs;
    if (domainName !== undefined) {
      const answer = await saying(`requesting ACM Certificate (${domainName})`, () =>
        ask("acm", "RequestCertificate", requestOf(inputs, tags)),
      );
      return answer.CertificateArn;
    }
    const answer = await saying("importing ACM Certificate", () =>
      ask("acm", "ImportCertificate", {
        Certificate: base64(certificateBody),
        PrivateKey: base64(privateKey),
        ...(certificateChain && { CertificateChain: base64(certificateChain) }),
        ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
      }),
    );
    return answer.CertificateArn;
  },

  async read(id, known, { ask }) {
    try {
      const { Certificate: found } = await ask("acm", "DescribeCertificate", { CertificateArn: id });
      const { Tags } = await ask("acm", "ListTagsForCertificate", { CertificateArn: id });
      return { ...outputsOf(found), tagsAll: tagRecord(Tags) };
    } catch (error) {
      if (isAwsError(error, "ResourceNotFoundException")) return undefined;
      throw new Error(`reading ACM Certificate (${id}): ${(error as Error).message}`, { cause: error });
    }
  },

  async update(id, inputs, olds, { ask, tags }) {
    if (imported.some((property) => inputs[property] !== olds[property]))
      await saying(`importing ACM Certificate (${id})`, () =>
        ask("acm", "ImportCertificate", {
          CertificateArn: id,
          Certificate: base64(inputs["certificateBody"]),
          PrivateKey: base64(inputs["privateKey"]),
          ...(inputs["certificateChain"] && { CertificateChain: base64(inputs["certificateChain"]) }),
        }),
      );
    const { set, remove } = tagChanges(olds["tagsAll"], tags);
    if (remove.length > 0)
      await ask("acm", "RemoveTagsFromCertificate", { CertificateArn: id, Tags: remove.map((Key) => ({ Key })) });
    if (Object.keys(set).length > 0)
      await ask("acm", "AddTagsToCertificate", { CertificateArn: id, Tags: tagList(set) });
  },

  async delete(id, _olds, { ask }) {
    try {
      await ask("acm", "DeleteCertificate", { CertificateArn: id });
    } catch (error) {
      if (isAwsError(error, "ResourceNotFoundException")) return;
      throw new Error(`deleting ACM Certificate (${id}): ${(error as Error).message}`, { cause: error });
    }
  },
};

function requestOf(inputs: PropertyValues, tags: AwsContext["tags"]): PropertyValues {
  const { domainName, subjectAlternativeNames = [], validationMethod, keyAlgorithm, certificateAuthorityArn } = inputs;
  return {
    DomainName: domainName,
    ...(subjectAlternativeNames.length > 0 && { SubjectAlternativeNames: subjectAlternativeNames }),
    ...(validationMethod && { ValidationMethod: validationMethod }),
    ...(keyAlgorithm && { KeyAlgorithm: keyAlgorithm }),
    ...(certificateAuthorityArn && { CertificateAuthorityArn: certificateAuthorityArn }),
    ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
  };
}

function outputsOf(found: any): PropertyValues {
  const isIssued = found.Type === "AMAZON_ISSUED";
  const options = (isIssued ? found.DomainValidationOptions : []) as any[];
  return {
    arn: found.CertificateArn,
    domainName: found.DomainName,
    domainValidationOptions: options
      .map(({ DomainName, ResourceRecord: { Name, Type, Value } }) => ({
        domainName: DomainName,
        resourceRecordName: Name,
        resourceRecordType: Type,
        resourceRecordValue: Value,
      }))
      .sort((one, other) => (one.domainName < other.domainName ? -1 : 1)),
    keyAlgorithm: found.KeyAlgorithm,
    notAfter: time(found.NotAfter),
    notBefore: time(found.NotBefore),
    options: { certificateTransparencyLoggingPreference: "ENABLED", export: "DISABLED" },
    pendingRenewal: false,
    renewalEligibility: found.RenewalEligibility,
    renewalSummaries: [],
    status: found.Status,
    subjectAlternativeNames: [...found.SubjectAlternativeNames].sort(),
    type: found.Type,
    validationEmails: [],
    validationMethod: isIssued ? "DNS" : "NONE",
  };
}
