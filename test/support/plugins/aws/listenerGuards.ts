import type { AwsCloud } from "./awsCloud";
import { AwsError } from "./awsError";
import { findCertificate, placeOf } from "./certificateLookup";
import type { Guard } from "./guards";
import type { AwsRequest } from "./wire";
import { listOf } from "./xml";

/** Elastic Load Balancing, "Quotas for your Application Load Balancers": certificates beside the default ones, of all listeners. */
const quota = 25;

/**
 * Elastic Load Balancing API Reference, version 2015-12-01: CreateListener, ModifyListener, AddListenerCertificates,
 * RemoveListenerCertificates, DescribeListenerCertificates. moto keeps the default certificate and the certificate list in
 * one list, which a ModifyListener empties: the list is kept here.
 */
export const listenerGuards: Readonly<Record<string, Guard>> = {
  "elasticloadbalancing:CreateListener": async (request, cloud) => {
    await checkDefault(request, request.input["Protocol"], cloud);
    return cloud.askMoto(request.service, request.region, request.action, request.input);
  },

  "elasticloadbalancing:ModifyListener": async (request, cloud) => {
    const listener = await listenerOf(request, cloud);
    const { Protocol = listener.Protocol, Certificates = listener.Certificates } = request.input;
    await checkDefault({ ...request, input: { ...request.input, Certificates } }, Protocol, cloud);
    const { DefaultActions = listener.DefaultActions } = request.input;
    return cloud.askMoto(request.service, request.region, request.action, { ...request.input, DefaultActions });
  },

  "elasticloadbalancing:DeleteListener": async (request, cloud) => {
    const answer = await cloud.askMoto(request.service, request.region, request.action, request.input);
    lists(cloud).delete(request.input["ListenerArn"]);
    return answer;
  },

  "elasticloadbalancing:AddListenerCertificates": async (request, cloud) => {
    const listener = await listenerOf(request, cloud);
    const [arn] = onlyOne(request);
    await checkTls(request, listener.Protocol);
    await checkCertificate(request, arn, cloud);
    const list = listOfListener(listener.ListenerArn, cloud);
    if (!list.includes(arn)) {
      const prefix = `${listener.LoadBalancerArn.replace(":loadbalancer/", ":listener/")}/`;
      const used = [...lists(cloud)]
        .filter(([listenerArn]) => listenerArn.startsWith(prefix))
        .flatMap(([, arns]) => arns);
      if (used.length >= quota)
        throw refused(
          request,
          "TooManyCertificates",
          `The maximum number of certificates has been reached on load balancer '${listener.LoadBalancerArn}'`,
        );
      list.push(arn);
    }
    return { Certificates: list.map((CertificateArn) => ({ CertificateArn, IsDefault: "false" })) };
  },

  "elasticloadbalancing:RemoveListenerCertificates": async (request, cloud) => {
    const listener = await listenerOf(request, cloud);
    const [arn] = onlyOne(request);
    // Also of a default certificate that is in the list besides (terraform-provider-aws, listener_certificate.go).
    if (listOf(listener.Certificates)[0]?.CertificateArn === arn)
      throw refused(request, "OperationNotPermitted", "Default certificate cannot be removed from listener");
    const list = listOfListener(listener.ListenerArn, cloud);
    lists(cloud).set(
      listener.ListenerArn,
      list.filter((other) => other !== arn),
    );
    return {};
  },

  "elasticloadbalancing:DescribeListenerCertificates": async (request, cloud) => {
    const listener = await listenerOf(request, cloud);
    const defaults = listOf(listener.Certificates).map(({ CertificateArn }) => ({ CertificateArn, IsDefault: "true" }));
    const others = listOfListener(listener.ListenerArn, cloud).map((CertificateArn) => ({
      CertificateArn,
      IsDefault: "false",
    }));
    return { Certificates: [...defaults, ...others] };
  },
};

/** The ARNs of a listener's default certificate and of its certificate list. */
export function certificatesOf(listener: any, cloud: AwsCloud): string[] {
  const defaults = listOf(listener.Certificates).map(({ CertificateArn }): string => CertificateArn);
  return [...defaults, ...listOfListener(listener.ListenerArn, cloud)];
}

function lists(cloud: AwsCloud): Map<string, string[]> {
  if (!cloud.memory.has("certificate lists")) cloud.memory.set("certificate lists", new Map());
  return cloud.memory.get("certificate lists") as Map<string, string[]>;
}

function listOfListener(listenerArn: string, cloud: AwsCloud): string[] {
  const all = lists(cloud);
  if (!all.has(listenerArn)) all.set(listenerArn, []);
  return all.get(listenerArn) as string[];
}

async function listenerOf(request: AwsRequest, cloud: AwsCloud): Promise<any> {
  const { ListenerArn } = request.input;
  try {
    const { Listeners } = await cloud.askMoto(request.service, request.region, "DescribeListeners", {
      ListenerArns: [ListenerArn],
    });
    return listOf(Listeners)[0];
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw refused(request, error.code, error.reason);
  }
}

function onlyOne(request: AwsRequest): [string] {
  const [certificate, ...others] = request.input["Certificates"] as { CertificateArn: string }[];
  if (others.length > 0) throw tooMany(request, others.length + 1);
  return [certificate?.CertificateArn ?? ""];
}

function tooMany(request: AwsRequest, count: number): AwsError {
  return refused(
    request,
    "TooManyCertificates",
    `Up to '1' certificate ARNs can be specified, but '${count}' were specified`,
  );
}

async function checkDefault(request: AwsRequest, protocol: string, cloud: AwsCloud): Promise<void> {
  const certificates = listOf(request.input["Certificates"]);
  if (certificates.length > 1) throw tooMany(request, certificates.length);
  if (protocol !== "HTTPS" && protocol !== "TLS") {
    if (certificates.length > 0)
      throw refused(request, "ValidationError", `Certificates cannot be specified for ${protocol} listeners`);
    return;
  }
  if (certificates.length === 0)
    throw refused(request, "ValidationError", `A certificate must be specified for ${protocol} listeners`);
  await checkCertificate(request, certificates[0].CertificateArn, cloud);
}

async function checkTls(request: AwsRequest, protocol: string): Promise<void> {
  if (protocol !== "HTTPS" && protocol !== "TLS")
    throw refused(request, "OperationNotPermitted", `Certificates cannot be added to ${protocol} listeners`);
}

/** The certificate is in ACM in the listener's own region, issued, and of a key that the load balancer takes. */
async function checkCertificate(request: AwsRequest, arn: string, cloud: AwsCloud): Promise<void> {
  const place = placeOf(arn);
  if (place === undefined || (place.service === "acm" && place.region !== request.region))
    throw refused(request, "ValidationError", `Certificate ARN '${arn}' is not valid`);
  if (place.service === "iam") return;
  const found = await findCertificate(arn, request.region, cloud);
  if (found === undefined) throw refused(request, "CertificateNotFound", `Certificate '${arn}' not found`);
  if (found.status !== "ISSUED" || found.keyAlgorithm === undefined)
    throw refused(
      request,
      "UnsupportedCertificate",
      `The certificate '${arn}' must have a fully-qualified domain name, a supported signature, and a supported key size.`,
    );
}

function refused({ service, action }: AwsRequest, code: string, reason: string): AwsError {
  return new AwsError(service, action, code, reason);
}
