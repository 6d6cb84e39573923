import { computed, type PropertyValues } from "../../propertyValues";
import { isAwsError } from "../awsError";
import type { AwsContext, AwsType } from "../awsType";
import type { DomainName } from "../domainNames";
import { saying } from "../saying";

const hostedZones = { EDGE: "Z2FDTNDATAQYW2", REGIONAL: "Z1UJRXOUMOOFQ8" };

/** terraform-provider-aws, internal/service/apigateway/domain_name.go. */
export const domainName: AwsType = {
  token: "aws:apigateway/domainName:DomainName",
  required: ["domainName"],
  forceNew: ["domainName", "certificateBody", "certificateChain", "certificateName", "certificatePrivateKey"],
  computed: [
    ...["arn", "certificateUploadDate", "cloudfrontDomainName", "cloudfrontZoneId", "domainNameId"],
    ...[
      "endpointConfiguration",
      "regionalDomainName",
      "regionalZoneId",
      "securityPolicy",
      "ownershipVerificationCertificateArn",
    ],
  ],
  ...methodsOf("apigateway", requestOf, outputsOf),
};

/** terraform-provider-aws, internal/service/apigatewayv2/domain_name.go. */
export const httpDomainName: AwsType = {
  token: "aws:apigatewayv2/domainName:DomainName",
  required: ["domainName", "domainNameConfiguration"],
  forceNew: ["domainName"],
  computed: ["apiMappingSelectionExpression", "arn"],
  preview: ({ domainNameConfiguration }) => ({
    domainNameConfiguration: { hostedZoneId: computed, targetDomainName: computed, ...domainNameConfiguration },
  }),
  ...methodsOf("apigatewayv2", httpRequestOf, httpOutputsOf),
};

type Request = Partial<DomainName> & { domainName: string };

function methodsOf(
  service: "apigateway" | "apigatewayv2",
  request: (inputs: PropertyValues, tags: AwsContext["tags"]) => Request,
  outputs: (found: DomainName, known: PropertyValues) => PropertyValues,
): Pick<AwsType, "create" | "read" | "update" | "delete"> {
  const what = service === "apigateway" ? "API Gateway Domain Name" : "API Gateway v2 Domain Name";
  return {
    async create(inputs, { ask, tags }) {
      await saying(`creating ${what} (${inputs["domainName"]})`, () =>
        ask(service, "CreateDomainName", request(inputs, tags)),
      );
      return inputs["domainName"];
    },
    async read(id, known, { ask }) {
      try {
        const found: DomainName = await ask(service, "GetDomainName", { domainName: id });
        return { ...outputs(found, known), tagsAll: found.tags };
      } catch (error) {
        if (isAwsError(error, "NotFoundException")) return undefined;
        throw error;
      }
    },
    async update(id, inputs, _olds, { ask, tags }) {
      await saying(`updating ${what} (${id})`, () => ask(service, "UpdateDomainName", request(inputs, tags)));
    },
    async delete(id, _olds, { ask }) {
      try {
        await ask(service, "DeleteDomainName", { domainName: id });
      } catch (error) {
        if (isAwsError(error, "NotFoundException")) return;
        throw new Error(`deleting ${what} (${id}): ${(error as Error).message}`, { cause: error });
      }
    },
  };
}

function requestOf(inputs: PropertyValues, tags: AwsContext["tags"]): Request {
  const isEdge = (inputs["endpointConfiguration"]?.types ?? "EDGE") === "EDGE";
  return {
    domainName: inputs["domainName"],
    endpointType: isEdge ? "EDGE" : "REGIONAL",
    certificateArn: inputs[isEdge ? "certificateArn" : "regionalCertificateArn"],
    securityPolicy: inputs["securityPolicy"] ?? "TLS_1_2",
    ...common(inputs["ownershipVerificationCertificateArn"], inputs["mutualTlsAuthentication"], tags),
  };
}

function httpRequestOf(inputs: PropertyValues, tags: AwsContext["tags"]): Request {
  const { domainNameConfiguration: configuration } = inputs;
  return {
    domainName: inputs["domainName"],
    endpointType: configuration.endpointType,
    certificateArn: configuration.certificateArn,
    securityPolicy: configuration.securityPolicy,
    ...common(configuration.ownershipVerificationCertificateArn, inputs["mutualTlsAuthentication"], tags),
  };
}

function common(
  proof: string | undefined,
  mutualTls: DomainName["mutualTls"],
  tags: AwsContext["tags"],
): Partial<DomainName> {
  return {
    ...(proof !== undefined && { ownershipVerificationCertificateArn: proof }),
    ...(mutualTls !== undefined && { mutualTls }),
    tags,
  };
}

function outputsOf(found: DomainName): PropertyValues {
  const isEdge = found.endpointType === "EDGE";
  const [target, zone] = [found.target, hostedZones[found.endpointType]];
  return {
    arn: found.arn,
    domainName: found.domainName,
    domainNameId: "",
    certificateUploadDate: "",
    cloudfrontDomainName: isEdge ? target : "",
    cloudfrontZoneId: hostedZones.EDGE,
    regionalDomainName: isEdge ? "" : target,
    regionalZoneId: isEdge ? "" : zone,
    [isEdge ? "certificateArn" : "regionalCertificateArn"]: found.certificateArn,
    endpointConfiguration: { types: found.endpointType, ipAddressType: "ipv4" },
    securityPolicy: found.securityPolicy,
    ownershipVerificationCertificateArn: found.ownershipVerificationCertificateArn ?? "",
    ...(found.mutualTls && { mutualTlsAuthentication: found.mutualTls }),
  };
}

function httpOutputsOf(found: DomainName): PropertyValues {
  return {
    arn: found.arn,
    domainName: found.domainName,
    apiMappingSelectionExpression: "$request.basepath",
    domainNameConfiguration: {
      certificateArn: found.certificateArn,
      endpointType: found.endpointType,
      hostedZoneId: hostedZones[found.endpointType],
      ipAddressType: "ipv4",
      ownershipVerificationCertificateArn: found.ownershipVerificationCertificateArn ?? "",
      securityPolicy: found.securityPolicy,
      targetDomainName: found.target,
    },
    ...(found.mutualTls && { mutualTlsAuthentication: found.mutualTls }),
  };
}
