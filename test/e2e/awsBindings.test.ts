import { changedInAws, awsStandIn } from "../support/awsStandIn";
import { createStack, type Stack } from "../support/engine";
import { account } from "../support/plugins/aws/awsCloud";
import { listOf } from "../support/plugins/aws/xml";
import { daysFromNow } from "../support/renewals";

const aws = awsStandIn();

aws.needed.describe("the listeners of a load balancer", () => {
  const program = `
    const aws = require("@pulumi/aws");
    const { Certificate, CertificateAuthority } = require("pulumi-certificates");
    const { ImportedCertificate, ListenerTls } = require("pulumi-certificates/aws");
    const settings = JSON.parse(process.env.SETTINGS || "{}");
    const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16" });
    const subnets = ["a", "b"].map((zone, index) => new aws.ec2.Subnet(zone,
      { vpcId: vpc.id, cidrBlock: "10.0." + index + ".0/24", availabilityZone: "eu-west-1" + zone }).id);
    const balancer = new aws.lb.LoadBalancer("balancer", { internal: true, subnets });
    const defaultActions = [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }];
    const root = new CertificateAuthority("root", { commonName: "Example Root" });
    const issuer = new CertificateAuthority("issuing", { commonName: "Example Issuing", issuer: root, pathLength: 0 });
    const certificate = (name) => new Certificate(name, { issuer, commonName: name + ".example", dnsNames: [name + ".example"],
      duration: "90d", triggers: { round: settings.round || "1" }, ...(settings[name] || {}) });
    const names = settings.names || ["www", "api"];
    const https = new ListenerTls("https", { loadBalancerArn: balancer.arn, defaultActions,
      certificates: names.map(certificate), owner: { team: "web" } });
    const owners = new ImportedCertificate("owners", { certificate: certificate("owners") });
    const owner = new aws.lb.Listener("owner", { loadBalancerArn: balancer.arn, port: 8443, protocol: "HTTPS",
      certificateArn: owners.arn, defaultActions });
    const guest = new ListenerTls("guest", { listenerArn: owner.arn, certificates: [certificate("shop")] });
    for (const [index, args] of (settings.more || []).entries()) new ListenerTls("more-" + index, args);
    exports.arns = https.certificateArns;
    exports.listeners = [https.listenerArn, guest.listenerArn];
    exports.guest = guest.certificateArn;`;
  let stack: Stack;

  /** Default certificate and list of a listener. */
  async function listed(listenerArn: string): Promise<{ default: string; list: string[] }> {
    const { Certificates } = await aws.cloud.ask("elasticloadbalancing", "eu-west-1", "DescribeListenerCertificates", {
      ListenerArn: listenerArn,
    });
    const all = listOf(Certificates).map(({ CertificateArn, IsDefault }) => [CertificateArn, IsDefault === "true"]);
    return {
      default: all.find(([, isDefault]) => isDefault)?.[0],
      list: all
        .filter(([, isDefault]) => !isDefault)
        .map(([arn]) => arn)
        .sort(),
    };
  }

  test("two certificates on a listener of their own, one on that of another owner", async () => {
    stack = await createStack({ program, links: aws.links });
    await stack.preview({ env: aws.env() });
    await stack.up({ env: aws.env() });
    const { arns, listeners, guest } = await stack.outputs();
    expect(await listed(listeners[0])).toEqual({ default: arns.www, list: [arns.www, arns.api].sort() });
    expect(await listed(listeners[1])).toEqual({ default: expect.not.stringContaining(guest), list: [guest] });
  });

  test("a rotation shows the certificates and their imports, and asks AWS for nothing else", async () => {
    const preview = await stack.preview({ env: { ...aws.env(), PULUMI_CERTIFICATES_NOW: daysFromNow(70) } });
    const issued = ["www", "api", "owners", "shop"].map((name) => `update Certificate ${name}`);
    const imports = ["https-www", "https-api", "owners", "guest-shop"].map((name) => `update acm.Certificate ${name}`);
    expect(changedInAws(preview.all)).toEqual([...issued, ...imports].sort());

    const before = await stack.outputs();
    const [start, serial] = [aws.cloud.changes.length, (await aws.inAcm(before.arns.www)).serialNumber];
    await stack.up({ env: aws.env({ round: "2" }) });
    expect(aws.cloud.changes.slice(start)).toEqual(Array(4).fill("acm:ImportCertificate"));
    expect(await stack.outputs()).toEqual(before);
    expect((await aws.inAcm(before.arns.www)).serialNumber).not.toBe(serial);
  });

  const moved = { round: "2", names: ["api", "www", "new"], www: { privateKey: { algorithm: "ECDSA-P384" } } };

  test("another default, one more and one with another kind of key replace nothing but that one", async () => {
    const preview = await stack.preview({ env: aws.env(moved) });
    expect(changedInAws(preview.all)).toEqual(
      [
        "create Certificate new",
        "create ImportedCertificate https-new",
        "create acm.Certificate https-new",
        "create lb.ListenerCertificate https-new",
        "replace acm.Certificate https-www",
        "replace lb.ListenerCertificate https-www",
        "update Certificate www",
        "update lb.Listener https",
      ].sort(),
    );
  });

  test("a run that may not add certificates names the right, and the next one goes on where it ended", async () => {
    const before = await stack.outputs();
    const [listener] = before.listeners;
    const start = aws.cloud.changes.length;
    aws.cloud.failNext({ action: "AddListenerCertificates", code: "AccessDenied" });
    const failed = await stack.up({ env: aws.env(moved), fails: true });
    expect(failed.all).toContain("Allow the action elasticloadbalancing:AddListenerCertificates on * in an IAM policy");
    // What was served is served still.
    expect((await listed(listener)).list).toEqual(expect.arrayContaining([before.arns.www, before.arns.api]));

    await stack.up({ env: aws.env(moved) });
    const { arns } = await stack.outputs();
    expect(Object.keys(arns).sort()).toEqual(["api", "new", "www"]);
    expect(arns.api).toBe(before.arns.api);
    expect(await listed(listener)).toEqual({ default: arns.api, list: Object.values(arns).sort() });
    expect((await aws.inAcm(arns.www)).publicKey.asymmetricKeyDetails?.namedCurve).toBe("secp384r1");
    await expect(aws.inAcm(before.arns.www)).rejects.toThrow(/ResourceNotFoundException/);
    const changes = aws.cloud.changes.slice(start);
    expect(changes.filter((change) => change === "acm:ImportCertificate")).toHaveLength(2);
    // Attached first, then taken off, then deleted.
    expect(changes.filter((change) => /ListenerCertificates|Delete/.test(change))).toEqual([
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:RemoveListenerCertificates",
      "acm:DeleteCertificate",
    ]);
  });

  test("certificates that leave are taken off, and one that was taken off by hand is back after a refresh", async () => {
    const before = await stack.outputs();
    await aws.cloud.ask("elasticloadbalancing", "eu-west-1", "RemoveListenerCertificates", {
      ListenerArn: before.listeners[1],
      Certificates: [{ CertificateArn: before.guest }],
    });
    const start = aws.cloud.changes.length;
    await stack.up({ env: aws.env({ round: "2", names: ["api"] }), args: ["--refresh"] });
    const { arns, listeners, guest } = await stack.outputs();
    expect(await listed(listeners[0])).toEqual({ default: arns.api, list: [arns.api] });
    expect((await listed(listeners[1])).list).toEqual([guest]);
    expect(guest).toBe(before.guest);
    expect(aws.cloud.changes.slice(start).sort()).toEqual([
      "acm:DeleteCertificate",
      "acm:DeleteCertificate",
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:RemoveListenerCertificates",
      "elasticloadbalancing:RemoveListenerCertificates",
    ]);
  });

  test("a preview refuses a listener that does not exist, and a certificate of another region", async () => {
    const gone = `arn:aws:elasticloadbalancing:eu-west-1:${account}:listener/app/gone/0123456789abcdef/0123456789abcdef`;
    const elsewhere = `arn:aws:acm:us-east-1:${account}:certificate/12345678-1234-1234-1234-123456789012`;
    const more = [elsewhere.replace("us-east-1", "eu-west-1"), elsewhere].map((arn) => ({
      listenerArn: gone,
      certificates: [arn],
    }));
    const { all } = await stack.preview({ env: aws.env({ round: "2", names: ["api"], more }), fails: true });
    expect(all).toMatch(new RegExp(`listenerArn: ${gone}: .*ListenerNotFound`));
    expect(all).toContain("There is no such listener in this account and region.");
    expect(all).toContain(`certificates[0]: The certificate ${elsewhere} is in us-east-1`);
  });

  test("destroyed, it leaves nothing in ACM", async () => {
    await stack.destroy({ env: aws.env() });
    const { CertificateSummaryList } = await aws.cloud.askMoto("acm", "eu-west-1", "ListCertificates");
    expect(CertificateSummaryList).toEqual([]);
  });
});
