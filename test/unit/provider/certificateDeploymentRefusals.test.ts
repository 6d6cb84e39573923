import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unknown } from "../../../sdk/provider/unknown";
import { pairIn } from "../../support/targets/files";
import { testMaterial } from "../../support/targets/material";
import {
  useDeployments,
  type Properties,
  provider,
  old,
  fresh,
  target,
  directory,
  args,
  check,
  create,
  update,
} from "../../support/deployments";

useDeployments();

describe("a preview refuses", () => {
  it.each<[string, () => Properties, string]>([
    [
      "an unknown kind of target",
      () => ({ target: { kind: "ftp" } }),
      'target: "ftp" is no kind of target. Use one of: files({ … }), nginx({ … }), ',
    ],
    ["no target", () => ({ target: undefined }), "target: nothing is no kind of target."],
    ["a bad target", () => ({ target: target({ keyMode: "0644" }) }), "target.keyMode"],
    ["a bad timeout", () => ({ timeout: "soon" }), 'timeout: "soon" is not a duration.'],
    ["an unknown revision", () => ({ revision: "older" }), 'revision: "older" is not known.'],
    ["going back before anything was deployed", () => ({ revision: "previous" }), "revision: nothing was deployed yet"],
    [
      "a bad endpoint",
      () => ({ endpoints: [{ address: "https://x" }] }),
      'endpoints[0].address: "https://x" is a URL.',
    ],
    ["endpoints that are no list", () => ({ endpoints: "x" }), 'endpoints: "x" is no list.'],
    [
      "a path that cannot be",
      () => ({ target: target({ directory: "/etc/passwd/tls" }) }),
      "target.directory: /etc/passwd/tls cannot be a directory",
    ],
    [
      "a program that is not there",
      () => ({ target: target({ reload: ["/no/such"] }) }),
      "target.reload: /no/such cannot be run",
    ],
  ])("%s", async (_what, more, message) => {
    await expect(check(args(old, more()))).rejects.toThrow(message);
  });

  it("files that something else manages", async () => {
    await create(args(old));
    await expect(check(args(old, { name: "other" }))).rejects.toThrow("was deployed by project/stack/edge.");
  });

  it("a file with the key of a certificate that brought its own", async () => {
    const { credentials } = args(old) as { credentials: { material: Properties } };
    const { privateKeyPem: _, ...material } = credentials.material;
    await expect(check(args(old, { credentials: { material } }))).rejects.toThrow(
      'target.files["privkey.pem"]: the certificate has no private key here',
    );
  });

  it.each<[string, (material: Properties) => Properties, string]>([
    [
      "a chain that is not in order",
      ({ chainPem, trustBundlePem }) => ({ chainPem: `${String(trustBundlePem)}${String(chainPem)}` }),
      'certificate.chainPem: "CN=Root" stands where the issuer of "CN=web.example.com" must be ("CN=Issuing").',
    ],
    [
      "a chain that begins with the certificate",
      ({ certificatePem, chainPem }) => ({ chainPem: `${String(certificatePem)}${String(chainPem)}` }),
      "beginning with the one of the certificate, which is not among them.",
    ],
    [
      "a certificate with its chain in one text",
      ({ certificatePem, chainPem }) => ({ certificatePem: `${String(certificatePem)}${String(chainPem)}` }),
      "certificate.certificatePem: holds 2 certificates.",
    ],
    [
      "the key of another certificate",
      () => ({ privateKeyPem: fresh.privateKeyPem }),
      "The private key is not the one of the certificate",
    ],
    [
      "an encrypted key",
      () => ({ privateKeyPem: encrypted() }),
      "certificate.privateKeyPem: is an encrypted private key. Decrypt it first",
    ],
  ])("%s", async (_what, change, message) => {
    const { credentials } = args(old) as { credentials: { material: Properties } };
    const material = { ...credentials.material, ...change(credentials.material) };
    await expect(check(args(old, { credentials: { material } }))).rejects.toThrow(message);
  });

  it("nothing of the newest certificate where the deployment goes back", async () => {
    const endpoints = [{ address: "127.0.0.1", serverName: "web.example.com" }];
    const before = await check(args(old, { endpoints }));
    const other = await testMaterial("other.example.com");
    await expect(check(args(other, { endpoints }), before)).rejects.toThrow("is none of the certificate's names");
    await check(args(other, { endpoints, revision: "previous" }), before);
  });

  it("nothing of a resource that is only renamed", async () => {
    const before = await create(args(old));
    await check(args(fresh, { name: "renamed" }), before.news);
    expect((await update(before, args(fresh, { name: "renamed" }))).outs).toMatchObject({
      deployedFingerprint: fresh.fingerprintSha256,
    });
  });

  it("nothing that is not known yet", async () => {
    await check(
      args(old, { target: target({ directory: unknown }), endpoints: unknown, timeout: unknown, credentials: unknown }),
    );
  });
});

it("says what to do when the certificate does not reach it", async () => {
  const news = await check(args(old, { credentials: {} }));
  await expect(provider.create(news)).rejects.toThrow(
    'did not reach the deployment project/stack/edge. Remove ignoreChanges on "credentials" or "*".',
  );
});

const encrypted = (): string =>
  createPrivateKey(old.privateKeyPem)
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
    .toString();

it("deploys a key in another form as PKCS#8", async () => {
  const { credentials } = args(old) as { credentials: { material: Properties } };
  const sec1 = createPrivateKey(old.privateKeyPem).export({ type: "sec1", format: "pem" });
  await create(args(old, { credentials: { material: { ...credentials.material, privateKeyPem: sec1 } } }));
  expect(readFileSync(join(directory, "privkey.pem"), "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(pairIn(directory)).toBe(old.fingerprintSha256);
});
