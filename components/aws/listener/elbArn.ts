import { refusal } from "../../refuse";

/** What the ARN of a load balancer or of one of its listeners says. */
export interface ElbArn {
  readonly region: string;
  /** `app`: an Application Load Balancer, `net`: a Network Load Balancer. */
  readonly type: "app" | "net";
}

const form =
  /^arn:aws[a-z-]*:elasticloadbalancing:([a-z]{2}[a-z0-9-]*-\d+):\d{12}:(loadbalancer|listener)\/(?:(\w+)\/)?[\w.-]+(?:\/\w+)*$/;

/** Refuses what is no such ARN, and load balancers that do not speak TLS. */
export function parseElbArn(arn: string, kind: "loadbalancer" | "listener"): ElbArn {
  const property = kind === "listener" ? "listenerArn" : "loadBalancerArn";
  const [, region, found, type] = form.exec(arn) ?? [];
  if (region === undefined || found !== kind)
    throw refusal(
      property,
      `"${arn}" is not the ARN of a ${kind === "listener" ? "listener" : "load balancer"}.`,
      `It has the form arn:aws:elasticloadbalancing:<region>:<account>:${kind}/app/….`,
    );
  if (type === "app" || type === "net") return { region, type };
  const what = type === "gwy" ? "a Gateway Load Balancer, which does not speak TLS" : "a Classic Load Balancer";
  throw refusal(property, `${arn} is of ${what}.`, "Use an Application or a Network Load Balancer.");
}
