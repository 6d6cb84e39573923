import { isAwsError } from "../awsError";
import type { AwsType } from "../awsType";
import { elb } from "../elasticLoadBalancing";
import { saying } from "../saying";
import { listOf } from "../xml";

/** terraform-provider-aws, internal/service/elbv2/listener_certificate.go. */
export const listenerCertificate: AwsType = {
  token: "aws:lb/listenerCertificate:ListenerCertificate",
  required: ["certificateArn", "listenerArn"],
  forceNew: ["certificateArn", "listenerArn"],
  computed: [],
  tagged: false,

  async create({ listenerArn, certificateArn }, { ask }) {
    const id = `${listenerArn}_${certificateArn}`;
    await saying(`creating ELBv2 Listener Certificate (${id})`, () =>
      ask(elb, "AddListenerCertificates", {
        ListenerArn: listenerArn,
        Certificates: [{ CertificateArn: certificateArn }],
      }),
    );
    return id;
  },

  async read(id, _known, { ask }) {
    const [, listenerArn, certificateArn] = /^(.*)_(arn:.*)$/.exec(id) ?? [];
    try {
      const { Certificates } = await ask(elb, "DescribeListenerCertificates", { ListenerArn: listenerArn });
      const found = listOf(Certificates).some(
        (each) => each.CertificateArn === certificateArn && each.IsDefault !== "true",
      );
      return found ? { listenerArn, certificateArn } : undefined;
    } catch (error) {
      if (isAwsError(error, "ListenerNotFound")) return undefined;
      throw error;
    }
  },

  async delete(id, { listenerArn, certificateArn }, { ask }) {
    try {
      await ask(elb, "RemoveListenerCertificates", {
        ListenerArn: listenerArn,
        Certificates: [{ CertificateArn: certificateArn }],
      });
    } catch (error) {
      if (isAwsError(error, "CertificateNotFound", "ListenerNotFound")) return;
      if (isAwsError(error, "OperationNotPermitted") && error.reason.includes("Default certificate cannot be removed"))
        return;
      throw new Error(`deleting ELBv2 Listener Certificate (${id}): ${(error as Error).message}`, { cause: error });
    }
  },
};
