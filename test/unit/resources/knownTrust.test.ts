import * as pulumi from "@pulumi/pulumi";
import {
  Certificate,
  CertificateAuthority,
  CertificateSet,
  type CertificateToDeploy,
  selfSigned,
  trustBundleOf,
} from "../../../sdk";

const { unknown } = pulumi as unknown as { unknown: never };
const inner = (certificate: CertificateToDeploy) =>
  trustBundleOf(certificate) as unknown as { isKnown: Promise<boolean>; promise(): Promise<string | undefined> };

const trustBundles: Record<string, string> = { root: "the roots of the CA", web: "the roots of the certificate" };

beforeAll(() =>
  pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({
        id: name,
        state: { ...(inputs as object), trustBundlePem: trustBundles[name] },
      }),
      call: () => ({}),
    },
    "project",
    "stack",
    true,
  ),
);

const root = () => new CertificateAuthority("root", { commonName: "Root" });
const due = (certificate: CertificateToDeploy): CertificateToDeploy => ({ ...certificate, trustBundlePem: unknown });

test("are those of a certificate that is known", async () => {
  const web = new Certificate("web", { issuer: root(), dnsNames: ["web.example"] });
  expect(await inner(web).promise()).toBe("the roots of the certificate");
});

test("of a certificate that is due they are those of the CA that signs it", async () => {
  const web = new Certificate("web", { issuer: root(), dnsNames: ["web.example"] });
  expect(await inner(due(web)).promise()).toBe("the roots of the CA");
  const set = new CertificateSet("set", { issuer: root(), members: { api: { dnsNames: ["api.example"] } } });
  expect(await inner(due(set.member("api"))).promise()).toBe("the roots of the CA");
});

test("are not known where they depend on who issues, or on the certificate itself", async () => {
  const either = new Certificate("either", {
    issuer: root(),
    fallbackIssuers: [selfSigned()],
    dnsNames: ["web.example"],
  });
  const own = new Certificate("own", { issuer: selfSigned(), dnsNames: ["web.example"] });
  for (const certificate of [either, own]) expect(await inner(due(certificate)).isKnown).toBe(false);
});
