// AWS on this machine: moto behind the rules of the services that it does not know, and what plays the provider's plugin.
import { ensureMoto } from "../moto.mjs";
import { testSupport } from "./typescript.mjs";

const region = "eu-west-1";

export async function startCloud() {
  const { moto_server: moto } = await ensureMoto();
  const { AwsCloud } = testSupport("plugins/aws/awsCloud");
  const { awsPlugin } = testSupport("plugins/aws/awsPlugin");
  const { startPlugins } = testSupport("plugins/pluginServer");
  const cloud = await AwsCloud.start(moto);
  const plugins = await startPlugins({ aws: awsPlugin(cloud) });
  return {
    /** Of the engine, so that it uses this plugin. */
    env: plugins.env,
    /** Of the stack. */
    configuration: { "aws:region": region },
    /** Asks a service, as the AWS command line does. */
    ask: (service, action, input, where = region) => cloud.ask(service, where, action, input),
    /** The network that every account has, with a subnet in each of two availability zones. */
    async network() {
      const { subnetSet } = await cloud.ask("ec2", region, "DescribeSubnets");
      const [{ vpcId: vpc }] = subnetSet;
      return { vpc, subnets: subnetSet.slice(0, 2).map(({ subnetId }) => subnetId) };
    },
    /** The requests that changed something from now on: `acm:ImportCertificate`. */
    changes: () => {
      const before = cloud.changes.length;
      return () => cloud.changes.slice(before);
    },
    async stop() {
      await plugins.stop();
      await cloud.stop();
    },
  };
}
