import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresql, postgresqlTarget } from "../../../sdk/targets/postgresql";
import type { Material } from "../../../sdk/targets/target";
import { needs } from "../../support/requirements";
import { testMaterial } from "../../support/targets/material";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";

const paths = { certificatePath: "/etc/postgresql/tls/server.crt", keyPath: "/etc/postgresql/tls/server.key" };
const parse = (changes: object = {}) => postgresqlTarget.parse({ kind: "postgresql", ...paths, ...changes }, "target");

test("is two files of the server's user, the key for that user alone", () => {
  expect(postgresql(paths)).toEqual({ kind: "postgresql", ...paths });
  expect(parse()).toMatchObject({
    directory: "/etc/postgresql/tls",
    files: [
      { name: "server.crt", content: "fullChain", mode: 0o644 },
      { name: "server.key", content: "privateKey", mode: 0o600 },
    ],
    owner: { user: "postgres" },
    reload: { command: ["/usr/bin/systemctl", "reload", "postgresql"] },
  });
});

test.each([
  ["a key elsewhere", { keyPath: "/etc/ssl/private/server.key" }, /target\.keyPath: .* is not beside the certificate/],
  ["a relative path", { certificatePath: "server.crt" }, /target\.certificatePath: .* is no absolute path/],
  ["no path", { certificatePath: undefined }, /target\.certificatePath: nothing is no absolute path/],
  ["an unknown property", { dataDirectory: "/srv" }, /target\.dataDirectory: unknown property\. postgresql has/],
  ["no owner of files", { owner: "a:b:c" }, /target\.owner/],
  ["a relative program", { reload: ["pg_ctl", "reload"] }, /target\.reload/],
  [
    "a key that the group can read",
    { keyMode: "0640" },
    /target\.keyMode: PostgreSQL does not load .* "root:postgres"/,
  ],
  ["a key that all can read", { keyMode: "0644", owner: "root" }, /target\.keyMode: .* lets everybody read/],
])("refuses %s", (_what, changes, message) => {
  expect(() => parse(changes)).toThrow(message);
});

test("a key of root may be readable by the server's group", () => {
  expect(parse({ owner: "root:postgres", keyMode: "0640" }).files[1]).toMatchObject({ mode: 0o640 });
});

describe("certificates", () => {
  const accept = (material: Material): void => postgresqlTarget.accept(parse(), material);

  test("with ECDSA and with its key are taken, those without their key are not", async () => {
    const { privateKeyPem, ...rest } = await testMaterial();
    expect(() => accept({ ...rest, privateKeyPem })).not.toThrow();
    expect(() => accept(rest)).toThrow(/has no private key/);
  });

  test("signed with Ed25519 are refused: clients that log in with a password would fail", async () => {
    const signed = await issueTestCertificate(await createTestCa("Ed25519", undefined, { keyType: "Ed25519" }));
    expect(() => accept({ ...signed, dnsNames: [] })).toThrow(/certificate: it is signed with Ed25519/);
    const key = await issueTestCertificate(await createTestCa("ECDSA"), { keyType: "Ed25519" });
    expect(() => accept({ ...key, dnsNames: [] })).not.toThrow();
  });

  needs("openssl").test("with an RSA key that the server would leave aside silently are refused", () => {
    const folder = mkdtempSync(join(tmpdir(), "rsa-1024-"));
    try {
      const [key, certificate] = [join(folder, "key"), join(folder, "certificate")];
      const request = ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=db", "-days", "2"];
      execFileSync("openssl", [...request, "-keyout", key, "-out", certificate], { stdio: "ignore" });
      const material = { certificatePem: readFileSync(certificate, "utf8"), privateKeyPem: readFileSync(key, "utf8") };
      const rest = { chainPem: "", fullChainPem: material.certificatePem, fingerprintSha256: "", dnsNames: [] };
      expect(() => accept({ ...material, ...rest })).toThrow(/RSA key has 1024 bits/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
