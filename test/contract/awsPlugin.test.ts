import { join } from "node:path";
import { changedLines, createStack, type Stack } from "../support/engine";
import { AwsCloud } from "../support/plugins/aws/awsCloud";
import { awsPlugin } from "../support/plugins/aws/awsPlugin";
import { type Plugins, startPlugins } from "../support/plugins/pluginServer";
import { repository } from "../support/provide";
import { needs } from "../support/requirements";
import { createTestCa, issueTestCertificate, type TestCertificate } from "../support/testCertificates";

const moto = needs("moto_server");
const links = { "@pulumi/aws": join(repository, "node_modules", "@pulumi", "aws") };

const program = `
const aws = require("@pulumi/aws");
const settings = JSON.parse(process.env.TEST_SETTINGS);
const provider = new aws.Provider("aws", { region: "eu-west-1", defaultTags: { tags: { team: "web" } } });
const options = { provider };
const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16" }, options);
const subnets = ["a", "b"].map((zone, index) => new aws.ec2.Subnet("subnet-" + zone,
  { vpcId: vpc.id, cidrBlock: "10.0." + index + ".0/24", availabilityZone: "eu-west-1" + zone }, options));
const balancer = new aws.lb.LoadBalancer("balancer", { internal: true, subnets: subnets.map(({ id }) => id) }, options);
const group = new aws.lb.TargetGroup("group", { port: 80, protocol: "HTTP", vpcId: vpc.id }, options);
const main = new aws.acm.Certificate("main", { ...settings.main, tags: { name: "main" } },
  { provider, replacementTrigger: settings.kind });
const https = new aws.lb.Listener("https", { loadBalancerArn: balancer.arn, port: 443, protocol: "HTTPS",
  certificateArn: main.arn, defaultActions: [{ type: "forward", targetGroupArn: group.arn }] }, options);
new aws.lb.ListenerCertificate("sni", { listenerArn: https.arn, certificateArn: main.arn }, options);
const found = aws.lb.getListenerOutput({ arn: https.arn }, options);
exports.arn = main.arn;
exports.protocol = found.protocol;
`;

moto.describe("the stand-in for the AWS provider, under the engine", () => {
  let cloud: AwsCloud;
  let plugins: Plugins;
  let stack: Stack;
  beforeAll(async () => {
    cloud = await AwsCloud.start(moto.program);
    plugins = await startPlugins({ aws: awsPlugin(cloud) });
    stack = await createStack({ program, links });
  }, 60_000);
  afterAll(async () => {
    await plugins.stop();
    await cloud.stop();
  });

  test("a renewal touches the certificate alone; one of another kind is attached before the old one goes", async () => {
    const ca = await createTestCa("Root");
    const settings = (kind: string, { certificatePem, privateKeyPem }: TestCertificate) => {
      const main = { certificateBody: certificatePem, privateKey: privateKeyPem, certificateChain: ca.certificatePem };
      return { env: { ...plugins.env, TEST_SETTINGS: JSON.stringify({ kind, main }) } };
    };
    const rsa = await issueTestCertificate(ca, { keyType: "RSA" });
    const renewed = settings("ecdsa", await issueTestCertificate(ca));

    await stack.up(settings("ecdsa", await issueTestCertificate(ca)));
    const { arn, protocol } = await stack.outputs();
    expect(protocol).toBe("HTTPS");
    const tags = await cloud.ask("acm", "eu-west-1", "ListTagsForCertificate", { CertificateArn: arn });
    expect(tags.Tags).toEqual(
      expect.arrayContaining([
        { Key: "team", Value: "web" },
        { Key: "name", Value: "main" },
      ]),
    );

    const preview = await stack.preview(renewed);
    expect(changedLines(preview.stdout).map(({ op, name, diff }) => [op, name, diff.join()])).toEqual([
      ["update", "main", expect.stringMatching(/^~certificateBody,~?privateKey$/)],
    ]);
    let made = cloud.changes.length;
    const changes = () => cloud.changes.slice(made);
    await stack.up(renewed);
    expect(changes()).toEqual(["acm:ImportCertificate"]);
    expect((await stack.outputs())["arn"]).toBe(arn);

    const refused = await stack.up({ ...settings("ecdsa", rsa), fails: true });
    expect(refused.all).toMatch(
      /importing ACM Certificate \(arn:.*\): operation error ACM: ImportCertificate, https response error StatusCode: 400, RequestID: \S+, api error ValidationException: The key type and size/,
    );

    // The provider has recorded what was refused as done, and asks for it no more.
    made = cloud.changes.length;
    const forced = await stack.up(settings("ecdsa", rsa));
    expect(changedLines(forced.stdout).map(({ op, name }) => [op, name])).toEqual([["update", "main"]]);
    expect(changes()).toEqual([]);

    await stack.up(settings("rsa", rsa));
    expect(changes()).toEqual([
      "acm:ImportCertificate",
      "elasticloadbalancing:ModifyListener",
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:RemoveListenerCertificates",
      "acm:DeleteCertificate",
    ]);

    await stack.refresh(settings("rsa", rsa));
    expect(changedLines((await stack.preview(settings("rsa", rsa))).stdout)).toEqual([]);
    await stack.destroy(settings("rsa", rsa));
  });
});
