import * as pulumi from "@pulumi/pulumi";
import { CloudFrontTls, type CloudFrontTlsArgs, ImportedCertificate } from "../../../../components/aws";
import { Certificate, selfSigned } from "../../../../sdk";
import { awsResources } from "../../../support/awsResources";
import { mockedProgram } from "../../../support/mockedProgram";
import { outputValue } from "../../../support/outputValue";
import { type TestCertificate, issueTestCertificate } from "../../../support/testCertificates";

const arn = (region: string, partition = "aws") => `arn:${partition}:acm:${region}:123456789012:certificate/site`;

let site: TestCertificate;
beforeAll(async () => {
  site = await issueTestCertificate(undefined, { commonName: "site", dnsNames: ["www.example", "*.cdn.example"] });
});

const tlsOf = async (args: Partial<CloudFrontTlsArgs>) => {
  let tls: CloudFrontTls | undefined;
  const make = () => (tls = new CloudFrontTls("site", { certificate: site, ...args }));
  const graph = await mockedProgram(make, false, awsResources);
  return { graph, tls: tls as CloudFrontTls };
};
const refused = (args: Partial<CloudFrontTlsArgs>) => expect(tlsOf(args).then(() => "nothing refused it")).rejects;

test("the certificate is imported in us-east-1, and the distribution takes its arguments from here", async () => {
  const aliases = ["www.example", "a.cdn.example", "*.cdn.example"];
  const { graph, tls } = await tlsOf({ aliases, owner: { team: "web" } });
  const imported = graph.filter(({ type }) => type === "aws:acm/certificate:Certificate");
  expect(imported).toMatchObject([
    { name: "site-certificate", inputs: { region: "us-east-1", tags: { "owner:team": "web" } } },
  ]);
  expect(await outputValue(tls.viewerCertificate.acmCertificateArn)).toContain(":acm:us-east-1:");
  expect(tls.viewerCertificate.sslSupportMethod).toBe("sni-only");
  expect(await outputValue(tls.viewerCertificate.minimumProtocolVersion)).toBe("TLSv1.2_2021");
  expect(await outputValue(tls.aliases)).toEqual(aliases);
});

test("a certificate that is in several regions gives the one in us-east-1", async () => {
  let tls: CloudFrontTls | undefined;
  await mockedProgram(
    () => {
      const imported = new ImportedCertificate("site", { certificate: site, regions: ["eu-west-1", "us-east-1"] });
      tls = new CloudFrontTls("site", { certificate: imported, aliases: ["www.example"] });
    },
    false,
    awsResources,
  );
  expect(await outputValue(tls!.certificateArn)).toContain(":acm:us-east-1:");
});

test("addresses of its own cost a sum each month, and take the policy that AWS allows for them", async () => {
  const warnings = jest.spyOn(console, "warn").mockImplementation();
  const { tls } = await tlsOf({ sslSupportMethod: "vip" });
  expect(warnings.mock.calls.join()).toContain("AWS bills a fixed sum each month");
  warnings.mockRestore();
  expect(await outputValue(tls.viewerCertificate.minimumProtocolVersion)).toBe("TLSv1");
  expect(tls.viewerCertificate.sslSupportMethod).toBe("vip");
});

describe("what CloudFront would refuse ends the preview", () => {
  test("a certificate in another region", async () => {
    await refused({ certificate: arn("eu-west-1") }).toThrow(/us-east-1 needs one of its own/);
    await expect(
      mockedProgram(
        () => {
          const imported = new ImportedCertificate("site", { certificate: site, region: "eu-west-1" });
          new CloudFrontTls("site", { certificate: imported });
        },
        false,
        awsResources,
      ),
    ).rejects.toThrow(
      /^certificate: it is in eu-west-1, and us-east-1 needs one of its own\. .* regions: \["eu-west-1", "us-east-1"\]/,
    );
  });

  test("one in China", async () => {
    const message = /^certificate: .* China .* aws\.iam\.ServerCertificate/;
    await refused({ certificate: arn("cn-north-1", "aws-cn") }).toThrow(message);
    await refused({ certificate: pulumi.output(arn("cn-north-1", "aws-cn")) }).toThrow(message);
  });

  test("aliases that the certificate does not cover", async () => {
    await refused({ aliases: ["www.example", "example"] }).toThrow(
      /^aliases\[1\]: the certificate is not for "example"/,
    );
    await refused({ aliases: ["b.a.cdn.example"] }).toThrow(/A wildcard stands for exactly one label/);
  });

  test("a kind of key that it does not serve, although the certificate is yet to be issued", () =>
    expect(
      mockedProgram(
        () => {
          const privateKey = { algorithm: "ECDSA-P384" as const };
          const certificate = new Certificate("p384", { issuer: selfSigned(), dnsNames: ["www.example"], privateKey });
          new CloudFrontTls("site", { certificate });
        },
        true,
        awsResources,
      ),
    ).rejects.toThrow(/^certificate\.privateKey\.algorithm: CloudFront does not serve .* ECDSA-P384\. Use ECDSA-P256/));

  test("SSLv3 by SNI", () =>
    refused({ minimumProtocolVersion: "SSLv3" }).toThrow(/^minimumProtocolVersion: SSLv3 has no SNI/));
});
