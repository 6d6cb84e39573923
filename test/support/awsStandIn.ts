import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { changedLines } from "./events";
import { AwsCloud } from "./plugins/aws/awsCloud";
import { awsPlugin } from "./plugins/aws/awsPlugin";
import { type Plugins, startPlugins } from "./plugins/pluginServer";
import { repository } from "./provide";
import { type Needed, needs } from "./requirements";

/** AWS for the stacks of a test file. */
export interface AwsStandIn {
  /** `describe` of tests that need it. */
  readonly needed: Needed;
  /** There once the tests run. */
  readonly cloud: AwsCloud;
  /** The packages that programs import. */
  readonly links: Record<string, string>;
  /** The environment of a command; programs read `SETTINGS` as JSON. */
  env(settings?: object): Record<string, string>;
  /** What a certificate in ACM says of itself. */
  inAcm(arn: string): Promise<X509Certificate>;
}

/** Starts the stand-in before the tests of a file, and ends it after them. */
export function awsStandIn(): AwsStandIn {
  const needed = needs("moto_server");
  let cloud: AwsCloud;
  let plugins: Plugins;
  beforeAll(async () => {
    if (needed.program === "") return;
    cloud = await AwsCloud.start(needed.program);
    plugins = await startPlugins({ aws: awsPlugin(cloud) });
  });
  afterAll(async () => {
    await plugins?.stop();
    await cloud?.stop();
  });
  return {
    needed,
    get cloud() {
      return cloud;
    },
    links: { "@pulumi/aws": join(repository, "node_modules", "@pulumi", "aws") },
    env: (settings = {}) => ({ ...plugins.env, SETTINGS: JSON.stringify(settings) }),
    async inAcm(arn) {
      const [, region = ""] = /:acm:([^:]+):/.exec(arn) ?? [];
      const { Certificate: pem } = await cloud.askMoto("acm", region, "GetCertificate", { CertificateArn: arn });
      return new X509Certificate(pem);
    },
  };
}

/** What an operation changes: `update acm.Certificate https-www` in ACM, `update Certificate www` of this package. */
export const changedInAws = (output: string): string[] =>
  changedLines(output)
    .map(({ op, type, name }) => {
      const kind = type.replace(/^aws:(\w+):/, "$1.").replace(/^.*:/, "");
      return `${op.includes("replace") ? "replace" : op} ${kind} ${name}`;
    })
    .sort();
