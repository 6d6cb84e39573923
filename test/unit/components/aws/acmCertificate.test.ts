import * as pulumi from "@pulumi/pulumi";
import { AcmCertificate, type AcmCertificateArgs } from "../../../../components/aws";
import { awsResources } from "../../../support/awsResources";
import { mockedProgram } from "../../../support/mockedProgram";

const valueOf = <Value>(output: pulumi.Output<Value>): Promise<Value> =>
  (output as unknown as { promise(): Promise<Value> }).promise();

const types = {
  certificates: "aws:acm/certificate:Certificate",
  records: "aws:route53/record:Record",
  validations: "aws:acm/certificateValidation:CertificateValidation",
};

async function issued(args: Partial<AcmCertificateArgs>, preview = false) {
  let component: AcmCertificate | undefined;
  const all = await mockedProgram(
    () => (component = new AcmCertificate("www", { domainName: "example.com", zoneId: "Z1", ...args })),
    preview,
    awsResources,
  );
  const of = (wanted: string) =>
    all.filter(({ type }) => type === wanted).sort((left, right) => (left.name < right.name ? -1 : 1));
  return {
    component: component!,
    certificates: of(types.certificates),
    records: of(types.records),
    validations: of(types.validations),
  };
}

test("a wildcard and the name below which it stands share a record; the ARN comes from the validation", async () => {
  const { component, certificates, records, validations } = await issued({
    subjectAlternativeNames: ["*.example.com", "example.net"],
    keyAlgorithm: "EC_prime256v1",
    validationTimeout: "30m",
    tags: { app: "shop" },
    owner: { team: "payments" },
  });
  expect(certificates.map(({ name, inputs }) => [name, inputs])).toEqual([
    [
      "www",
      {
        domainName: "example.com",
        subjectAlternativeNames: ["*.example.com", "example.net"],
        validationMethod: "DNS",
        keyAlgorithm: "EC_prime256v1",
        tags: { app: "shop", "owner:team": "payments" },
      },
    ],
  ]);
  expect(records.map(({ name, inputs }) => [name, inputs])).toEqual(
    ["example.com", "example.net"].map((domain) => [
      `www-${domain}`,
      { zoneId: "Z1", name: `_token.${domain}.`, type: "CNAME", records: [`_value.${domain}.`], ttl: 300 },
    ]),
  );
  expect(validations).toMatchObject([
    {
      name: "www-issued",
      dependsOn: expect.arrayContaining(["www", "www-example.com", "www-example.net"]),
      inputs: {
        certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/www",
        validationRecordFqdns: ["_token.example.com", "_token.example.net"],
      },
    },
  ]);
  await expect(valueOf(component.arn)).resolves.toBe("arn:aws:acm:eu-west-1:123456789012:certificate/www");
  await expect(valueOf(component.dnsNames)).resolves.toEqual(["example.com", "*.example.com", "example.net"]);
});

test("a certificate without other names says nothing of them", async () => {
  const { certificates } = await issued({});
  expect(certificates[0]?.inputs).toEqual({ domainName: "example.com", validationMethod: "DNS" });
});

test("each record goes to the zone that fits it best", async () => {
  const { records } = await issued({
    subjectAlternativeNames: ["www.example.com", "api.eu.example.com", "example.net", "bücher.example"],
    zones: {
      "example.com": "ZCOM",
      "eu.example.com.": pulumi.output("ZEU"),
      "bücher.example": "ZBOOKS",
    },
  });
  expect(Object.fromEntries(records.map(({ name, inputs }) => [name, inputs.zoneId]))).toEqual({
    "www-example.com": "ZCOM",
    "www-www.example.com": "ZCOM",
    "www-api.eu.example.com": "ZEU",
    "www-example.net": "Z1",
    "www-xn--bcher-kva.example": "ZBOOKS",
  });
});

test("several regions share the records, each has a certificate and a validation", async () => {
  const { component, certificates, records, validations } = await issued({ regions: ["eu-west-1", "us-east-1"] });
  expect(certificates.map(({ name, inputs, aliases }) => [name, inputs.region, aliases])).toEqual([
    ["www-eu-west-1", "eu-west-1", ["www"]],
    ["www-us-east-1", "us-east-1", []],
  ]);
  expect(records.map(({ name }) => name)).toEqual(["www-example.com"]);
  expect(validations.map(({ name, inputs, aliases }) => [name, inputs.region, aliases])).toEqual([
    ["www-eu-west-1-issued", "eu-west-1", ["www-issued"]],
    ["www-us-east-1-issued", "us-east-1", []],
  ]);
  await expect(valueOf(component.arnIn("us-east-1"))).resolves.toBe(
    "arn:aws:acm:us-east-1:123456789012:certificate/www-us-east-1",
  );
  await expect(valueOf(component.arns)).resolves.toEqual({
    "eu-west-1": "arn:aws:acm:eu-west-1:123456789012:certificate/www-eu-west-1",
    "us-east-1": "arn:aws:acm:us-east-1:123456789012:certificate/www-us-east-1",
  });
  expect(() => component.arnIn("eu-north-1", "listener.certificate")).toThrow(
    "listener.certificate: it is in eu-west-1, us-east-1, and eu-north-1 needs one of its own.",
  );
});

test("a transform has the last word on every child", async () => {
  const { certificates, records, validations } = await issued({
    transform: {
      certificate: { options: { certificateTransparencyLoggingPreference: "DISABLED" } },
      record: (args) => void (args.ttl = 60),
      validation: (args) => void delete args.validationRecordFqdns,
    },
  });
  expect(certificates[0]?.inputs.options).toEqual({ certificateTransparencyLoggingPreference: "DISABLED" });
  expect(records[0]?.inputs.ttl).toBe(60);
  expect(validations[0]?.inputs).not.toHaveProperty("validationRecordFqdns");
});

test("more names than a new account may have are a warning", async () => {
  const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue(undefined);
  await issued({ subjectAlternativeNames: Array.from({ length: 9 }, (_, index) => `n${index}.example.com`) });
  expect(warn).not.toHaveBeenCalled();
  await issued({ subjectAlternativeNames: Array.from({ length: 10 }, (_, index) => `n${index}.example.com`) });
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    expect.stringMatching(/^11 names: ACM takes 10 in a certificate unless the quota/),
  ]);
  warn.mockRestore();
});

describe("refused in the preview", () => {
  const long = `${"a".repeat(60)}.example.com`;
  test.each<[string, Partial<AcmCertificateArgs>, string]>([
    [
      "a name without a zone",
      { zoneId: undefined as never, zones: { "example.net": "Z2" } },
      'zones: no zone for example.com among example.net. Give the ID of its public hosted zone in Route 53: zones: { "example.com": "Z…" }',
    ],
    ["no zone at all", { zoneId: undefined as never }, "zones: neither `zoneId` nor `zones` says where"],
    [
      "a long first name",
      { domainName: long },
      `domainName: "${long}" has 72 bytes, the first name of a certificate may have 64.`,
    ],
    ["an internal name", { domainName: "printer" }, 'domainName: "printer" is no public DNS name.'],
    [
      "an address",
      { subjectAlternativeNames: ["192.0.2.1"] },
      'subjectAlternativeNames[0]: "192.0.2.1" is no public DNS name.',
    ],
    [
      "a wildcard inside",
      { domainName: "www.*.example.com" },
      'domainName: "www.*.example.com" is no public DNS name.',
    ],
    [
      "too many names",
      { subjectAlternativeNames: Array.from({ length: 100 }, (_, index) => `n${index}.example.com`) },
      "subjectAlternativeNames: 101 names, ACM takes 100.",
    ],
    ["another time", { validationTimeout: "1d" }, 'validationTimeout: "1d" is no time in seconds, minutes or hours.'],
    ["regions and a region", { region: "eu-west-1", regions: ["us-east-1"] }, "`region` is given as well."],
  ])("%s", async (_, args, message) => {
    await expect(issued(args, true)).rejects.toThrow(message);
  });
});
