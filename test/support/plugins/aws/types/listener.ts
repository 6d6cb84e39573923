import type { PropertyValues } from "../../propertyValues";
import { isAwsError } from "../awsError";
import { type AwsType, tagList, tagRecord } from "../awsType";
import { elb, retag } from "../elasticLoadBalancing";
import { saying } from "../saying";
import { listOf } from "../xml";

/** terraform-provider-aws, internal/service/elbv2/listener.go. */
export const listener: AwsType = {
  token: "aws:lb/listener:Listener",
  required: ["defaultActions", "loadBalancerArn"],
  forceNew: ["loadBalancerArn"],
  computed: ["arn", "mutualAuthentication", "port", "protocol", "sslPolicy", "tcpIdleTimeoutSeconds"],

  async create(inputs, { ask, tags }) {
    const { Listeners } = await saying(`creating ELBv2 Listener (${inputs["loadBalancerArn"]})`, () =>
      ask(elb, "CreateListener", {
        LoadBalancerArn: inputs["loadBalancerArn"],
        ...settingsOf(inputs),
        ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
      }),
    );
    return listOf(Listeners)[0].ListenerArn;
  },

  async read(id, known, { ask }) {
    try {
      const { Listeners } = await ask(elb, "DescribeListeners", { ListenerArns: [id] });
      const { TagDescriptions } = await ask(elb, "DescribeTags", { ResourceArns: [id] });
      const found = listOf(Listeners)[0];
      return { ...listenerOutputs(found, known), tagsAll: tagRecord(listOf(listOf(TagDescriptions)[0]?.Tags)) };
    } catch (error) {
      if (isAwsError(error, "ListenerNotFound")) return undefined;
      throw new Error(`reading ELBv2 Listener (${id}): ${(error as Error).message}`, { cause: error });
    }
  },

  async update(id, inputs, olds, context) {
    const settings = settingsOf(inputs);
    if (JSON.stringify(settings) !== JSON.stringify(settingsOf({ ...olds, ...unset(inputs, olds) })))
      await saying(`modifying ELBv2 Listener (${id})`, () =>
        context.ask(elb, "ModifyListener", { ListenerArn: id, ...settings }),
      );
    await retag(id, olds, context);
  },

  async delete(id, _olds, { ask }) {
    await saying(`deleting ELBv2 Listener (${id})`, () => ask(elb, "DeleteListener", { ListenerArn: id }));
  },
};

/** Outputs that only the service chose are no settings. */
function unset(inputs: PropertyValues, olds: PropertyValues): PropertyValues {
  const chosen = ["port", "protocol", "sslPolicy", "mutualAuthentication", "alpnPolicy"].filter(
    (key) => !(key in inputs),
  );
  return Object.fromEntries(chosen.filter((key) => key in olds).map((key) => [key, undefined]));
}

function settingsOf(inputs: PropertyValues): PropertyValues {
  const { port, protocol, sslPolicy, certificateArn, alpnPolicy, mutualAuthentication, defaultActions } = inputs;
  return {
    ...(port !== undefined && { Port: port }),
    ...(protocol !== undefined && { Protocol: protocol }),
    ...(sslPolicy !== undefined && { SslPolicy: sslPolicy }),
    ...(certificateArn !== undefined && { Certificates: [{ CertificateArn: certificateArn }] }),
    ...(alpnPolicy !== undefined && { AlpnPolicy: [alpnPolicy] }),
    ...(mutualAuthentication !== undefined && {
      MutualAuthentication: {
        Mode: mutualAuthentication.mode,
        TrustStoreArn: mutualAuthentication.trustStoreArn,
        IgnoreClientCertificateExpiry: mutualAuthentication.ignoreClientCertificateExpiry,
      },
    }),
    DefaultActions: (defaultActions as any[]).map(actionOf),
  };
}

function actionOf({ type, order, targetGroupArn, fixedResponse, redirect }: any, index: number): PropertyValues {
  return {
    Type: type,
    Order: order ?? index + 1,
    ...(targetGroupArn && { TargetGroupArn: targetGroupArn }),
    ...(fixedResponse && {
      FixedResponseConfig: {
        ContentType: fixedResponse.contentType,
        MessageBody: fixedResponse.messageBody,
        StatusCode: fixedResponse.statusCode,
      },
    }),
    ...(redirect && {
      RedirectConfig: {
        Protocol: redirect.protocol,
        Port: redirect.port,
        Host: redirect.host,
        Path: redirect.path,
        Query: redirect.query,
        StatusCode: redirect.statusCode,
      },
    }),
  };
}

/** What a listener is, for the resource and the function of that name. */
export function listenerOutputs(found: any, known: PropertyValues = {}): PropertyValues {
  return {
    arn: found.ListenerArn,
    loadBalancerArn: found.LoadBalancerArn,
    port: Number(found.Port),
    protocol: found.Protocol,
    sslPolicy: found.SslPolicy ?? "",
    certificateArn:
      listOf(found.Certificates)[0]?.CertificateArn ?? (known["certificateArn"] === undefined ? undefined : ""),
    mutualAuthentication: known["mutualAuthentication"] ?? { mode: "off" },
  };
}
