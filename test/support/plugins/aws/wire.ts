import { AwsError } from "./awsError";
import { type RestRequest, restRequests } from "./restRequests";
import { readXml } from "./xml";

/** A request to a service, in the names of its API reference. */
export interface AwsRequest {
  /** As in the scope of a signature: `acm`, `elasticloadbalancing`. */
  readonly service: string;
  readonly region: string;
  readonly action: string;
  readonly input: Readonly<Record<string, any>>;
}

/** Services of the JSON protocol: what stands before the action in X-Amz-Target. */
const targets: Readonly<Record<string, string>> = { acm: "CertificateManager", secretsmanager: "secretsmanager" };
/** Services of the query protocol, with the version of their API. */
const versions: Readonly<Record<string, string>> = {
  ec2: "2016-11-15",
  elasticloadbalancing: "2015-12-01",
  iam: "2010-05-08",
  sts: "2011-06-15",
};

/**
 * Sends a request in the service's own wire format: AWS JSON 1.1, AWS Query, REST-XML or REST-JSON as the Smithy
 * documentation describes them (smithy.io, "AWS Protocols"). The signature's value is none; its scope names the region and service.
 */
export async function sendTo(endpoint: string, request: AwsRequest): Promise<any> {
  const { service, region, action } = request;
  const { method, path, headers = {}, body } = written(request);
  const scope = `20260101/${region}/${service === "apigatewayv2" ? "apigateway" : service}/aws4_request`;
  const response = await fetch(endpoint + path, {
    method,
    headers: {
      Authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=host, Signature=none`,
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  if (!response.ok) throw errorOf(service, action, response, text);
  return resultOf(service, response, text);
}

function written({ service, action, input }: AwsRequest): RestRequest {
  const target = targets[service];
  if (target !== undefined)
    return {
      method: "POST",
      path: "/",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${target}.${action}` },
      body: JSON.stringify(input),
    };
  const version = versions[service];
  if (version !== undefined) {
    const form = new URLSearchParams({ Action: action, Version: version });
    for (const [name, value] of Object.entries(input)) flatten(form, name, value, service === "ec2" ? "" : ".member");
    return {
      method: "POST",
      path: "/",
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      body: form.toString(),
    };
  }
  const rest = restRequests[service]?.[action];
  if (rest === undefined) throw new Error(`The wire format of ${service}:${action} is not known.`);
  return rest(input);
}

function flatten(form: URLSearchParams, name: string, value: unknown, member: string): void {
  if (value === undefined) return;
  if (Array.isArray(value))
    value.forEach((each, index) => flatten(form, `${name}${member}.${index + 1}`, each, member));
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) flatten(form, `${name}.${key}`, inner, member);
  else form.append(name, `${value as string | number | boolean}`);
}

function resultOf(service: string, response: Response, text: string): any {
  if (service === "s3") {
    const VersionId = response.headers.get("x-amz-version-id") ?? undefined;
    return { Body: text, ETag: response.headers.get("etag") ?? "", VersionId };
  }
  if (text === "") return { ETag: response.headers.get("etag") ?? undefined };
  if (versions[service] !== undefined) {
    const answer = readXml(text) as Record<string, unknown>;
    const result = Object.entries(answer).find(([name]) => name.endsWith("Result"));
    return result === undefined ? answer : result[1] === "" ? {} : result[1];
  }
  if (!text.startsWith("<")) return JSON.parse(text);
  return { ...readXml(text), ETag: response.headers.get("etag") ?? undefined };
}

function errorOf(service: string, action: string, response: Response, text: string): AwsError {
  const { status } = response;
  if (text.startsWith("<")) {
    const answer = readXml(text);
    const { Code = "", Message = "" } = answer.Error ?? answer.Errors?.Error ?? answer.Errors?.[0] ?? answer;
    return new AwsError(service, action, Code, Message || text, status);
  }
  const answer = parsed(text);
  const type = answer["__type"] ?? response.headers.get("x-amzn-errortype") ?? "InternalFailure";
  const message = answer["message"] ?? answer["Message"] ?? text;
  return new AwsError(service, action, type.replace(/^.*#|:.*$/g, ""), message, status);
}

/** A crash of the server is answered as text. */
function parsed(text: string): Record<string, string> {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    return { message: text };
  }
}
