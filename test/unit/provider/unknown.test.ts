import fc from "fast-check";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { hasUnknown, unknown } from "../../../sdk/provider/unknown";
import { configure, type Properties, signedBy, SimulatedResource } from "../../support/simulatedEngine";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";

type Path = readonly (string | number)[];

/** Every place in the arguments whose value an output may fill, from whole arguments down to single texts. */
function places(value: unknown, at: Path = []): Path[] {
  if (at[0] === "name") return [];
  const inside = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [...(at.length === 0 ? [] : [at]), ...inside.flatMap(([key, inner]) => places(inner, [...at, key]))];
}

function withUnknown(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return unknown;
  const copy: any = Array.isArray(value) ? [...value] : { ...(value as object) };
  if (typeof value === "string") return value;
  copy[key] = withUnknown(copy[key], rest);
  return copy;
}

interface Subject {
  readonly resource: SimulatedResource;
  readonly args: Properties;
}

async function existing(provider: typeof certificate, args: Properties): Promise<Subject> {
  const resource = new SimulatedResource(provider);
  await resource.up(args);
  return { resource, args };
}

let subjects: Record<string, Subject>;

beforeAll(async () => {
  await configure(certificate);
  const root = new SimulatedResource(certificateAuthority);
  const constraints = { permitted: { dnsDomains: ["example"] } };
  await root.up({ name: "p/s/root", commonName: "Root", nameConstraints: constraints });
  const testRoot = await createTestCa("Test Root");
  const adopted = await issueTestCertificate(testRoot);
  const issuer = signedBy(root, {
    duration: "10y",
    pathLength: 3,
    nameConstraints: constraints,
    urls: { crlUrls: ["http://crl.example/a"] },
  });
  subjects = {
    certificate: await existing(certificate, {
      name: "p/s/web",
      commonName: "web.example",
      subject: { organization: ["Example"], country: "DE" },
      dnsNames: ["web.example", "*.web.example"],
      ipAddresses: ["10.0.0.7"],
      uris: ["https://web.example/"],
      emailAddresses: ["ops@example"],
      keyUsages: ["digitalSignature"],
      extendedKeyUsages: ["serverAuth"],
      duration: "90d",
      renewBefore: "30d",
      privateKey: { algorithm: "ECDSA-P256", rotationPolicy: "always" },
      triggers: { a: "1" },
      compromisedKeys: ["bm90IHRoaXMgb25l"],
      onRenewalFailure: { keepUntil: "5d" },
      paused: false,
      owner: { team: "payments" },
      keystores: { "a.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } },
      issuer: issuer.issuer,
      credentials: { ...issuer.credentials, keystores: { "a.p12": "the password" } },
    }),
    "adopted certificate": await existing(certificate, {
      name: "p/s/adopted",
      dnsNames: ["web.example.com"],
      duration: "60d",
      keystores: { "a.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } },
      adopt: { certificatePem: adopted.certificatePem, trustBundlePem: adopted.rootPem },
      credentials: { adopt: { privateKeyPem: adopted.privateKeyPem }, keystores: { "a.p12": "the password" } },
    }),
    CA: await existing(certificateAuthority, {
      name: "p/s/issuing",
      commonName: "Issuing",
      pathLength: 1,
      nameConstraints: { permitted: { dnsDomains: ["x.example"] }, excluded: { ipRanges: ["10.0.0.0/8"] } },
      crlUrls: ["http://crl.example/b"],
      generation: 1,
      duration: "3y",
      issuer: issuer.issuer,
      credentials: issuer.credentials,
    }),
    "adopted CA": await existing(certificateAuthority, {
      name: "p/s/adoptedCa",
      commonName: "Test Root",
      duration: "25d",
      adopt: { certificatePem: testRoot.certificatePem, trustBundlePem: testRoot.certificatePem },
      credentials: { adopt: { privateKeyPem: testRoot.privateKeyPem } },
    }),
    "CA signed elsewhere": await existing(certificateAuthority, {
      name: "p/s/external",
      commonName: "External",
      subject: { country: "DE" },
      signedBy: "external",
      signedTrustBundlePem: testRoot.certificatePem,
    }),
  };
});

describe.each(["certificate", "adopted certificate", "CA", "adopted CA", "CA signed elsewhere"])(
  "a preview of a %s",
  (name) => {
    const subject = (): Subject => subjects[name] as Subject;

    test("goes through whatever single value is not known yet, first and later", async () => {
      const { resource, args } = subject();
      const all = places(args);
      expect(all.length).toBeGreaterThan(4);
      for (const path of all) {
        const partial = withUnknown(args, path) as Properties;
        for (const one of [resource, new SimulatedResource(name.includes("CA") ? certificateAuthority : certificate)]) {
          const shown = await one.preview(partial).catch((error: unknown) => {
            throw new Error(`with ${path.join(".")} unknown`, { cause: error });
          });
          if (path[0] !== "credentials" && one === resource) {
            // What an output could still change is shown as a change, never as nothing.
            const isQuiet = ["issuer", "compromisedKeys", "paused", "adopt"].includes(String(path[0]));
            expect([path.join("."), shown.isChanged || isQuiet]).toEqual([path.join("."), true]);
          }
        }
      }
    });

    test("goes through whatever values are not known yet", async () => {
      const { resource, args } = subject();
      const all = places(args);
      await fc.assert(
        fc.asyncProperty(fc.subarray(all.map(String)), fc.boolean(), async (chosen, isNew) => {
          const paths = all.filter((path) => chosen.includes(String(path)));
          const partial = paths.reduce<unknown>((value, path) => withUnknown(value, path), args) as Properties;
          const one = isNew
            ? new SimulatedResource(name.includes("CA") ? certificateAuthority : certificate)
            : resource;
          const { inputs } = await one.preview(partial);
          expect(inputs).not.toHaveProperty("credentials");
        }),
        { numRuns: 150 },
      );
    });

    test("does not depend on what another preview did not know", async () => {
      const { resource, args } = subject();
      const { isChanged, inputs } = await resource.preview(args);
      expect(isChanged).toBe(false);
      expect(hasUnknown(inputs)).toBe(false);
    });
  },
);
