import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../../../sdk/errors";
import { fixOf } from "../../explain";
import { checked, refusal } from "../../refuse";
import { listenerExplanations } from "../bindingExplanations";
import { parseElbArn } from "./elbArn";

type Found = Partial<aws.lb.GetListenerResult>;

/** The ARN of a listener that is there and speaks TLS: AWS is asked in previews too, so that a wrong one ends them. */
export function existingListener(listenerArn: pulumi.Input<string>, parent: pulumi.Resource): pulumi.Output<string> {
  const found = pulumi.output(listenerArn).apply(async (arn) => {
    const { region } = parseElbArn(arn, "listener");
    const listener: Found | string = await aws.lb
      .getListener({ arn, region }, { parent })
      .catch((error: unknown) => messageOf(error));
    return { arn, listener };
  });
  return checked(found, ({ arn, listener }) => {
    if (typeof listener === "string")
      throw refusal("listenerArn", `${arn}: ${listener}`, fixOf(listenerExplanations, listener) ?? "");
    // A unit test's mocks may leave the protocol out.
    if (listener.protocol !== undefined && listener.protocol !== "HTTPS" && listener.protocol !== "TLS")
      throw refusal(
        "listenerArn",
        `${arn} speaks ${listener.protocol}, which has no certificates.`,
        "Give the ARN of an HTTPS or TLS listener.",
      );
  }).apply(({ arn }) => arn);
}
