// Issuing in process on one core: a P-256 key and a leaf signed by a P-256 CA, beside openssl and the bare library.
import { execFileSync } from "node:child_process";
import { webcrypto } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, row } from "./measure.mjs";

const require = createRequire(import.meta.url);
const { certificate, certificateAuthority } = require("pulumi-certificates/provider");

async function inputsFor(name, authority) {
  const issuer = {
    kind: "certificateAuthority",
    resource: "urn:root",
    generation: 1,
    duration: "10y",
  };
  const { certificatePem, chainPem, trustBundlePem, privateKeyPem } = authority;
  const credentials = { issuer: JSON.stringify({ certificatePem, chainPem, trustBundlePem, privateKeyPem }) };
  return {
    name: `bench/bench/${name}`,
    issuer,
    credentials,
    dnsNames: [`${name}.internal.example`],
    duration: "90d",
    dryRun: false,
  };
}

async function createAuthority() {
  const privateKey = { algorithm: "ECDSA-P256" };
  const { inputs } = await certificateAuthority.check(
    {},
    { name: "bench/bench/root", commonName: "Bench Root", privateKey },
  );
  return (await certificateAuthority.create(inputs)).outs;
}

/** Certificates per second of `action`, which makes one; the median of `rounds` rounds. */
async function rate(rounds, count, action) {
  const rates = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) await action(i);
    rates.push((count * 1000) / (performance.now() - start));
  }
  return median(rates);
}

async function ownRates(rounds) {
  const authority = await createAuthority();
  const checked = [];
  for (let i = 0; i < 1000; i++) {
    const { inputs } = await certificate.check({}, await inputsFor(`web-${i}`, authority));
    checked.push(inputs);
  }
  const issuing = await rate(rounds, 1000, (i) => certificate.create(checked[i]));
  const { id, outs } = await certificate.create(checked[0]);
  const news = await inputsFor("web-0", authority);
  const idle = await rate(rounds, 2000, async () => {
    const { inputs } = await certificate.check(checked[0], news);
    const { changes } = await certificate.diff(id, outs, inputs);
    if (changes) throw new Error("an idle check shows a change");
  });
  return { issuing, idle };
}

/** A key and a certificate with the openssl command line, as a script would: two processes for each. */
async function opensslRate(rounds) {
  const folder = mkdtempSync(join(tmpdir(), "certificates-openssl-"));
  const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = (file) => openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file);
  key("ca.key");
  openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Bench Root", "-days", "3650", "-out", "ca.pem");
  const extensions =
    "basicConstraints=CA:FALSE\nsubjectAltName=DNS:web.internal.example\nextendedKeyUsage=serverAuth\n";
  writeFileSync(join(folder, "leaf.cnf"), extensions);
  const result = await rate(rounds, 30, () => {
    key("leaf.key");
    openssl("req", "-new", "-key", "leaf.key", "-subj", "/CN=web", "-out", "leaf.csr");
    const sign = ["x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "90"];
    openssl(...sign, "-extfile", "leaf.cnf", "-out", "leaf.pem");
  });
  rmSync(folder, { recursive: true });
  return result;
}

/** The same certificate with @peculiar/x509 and Web Crypto, nothing around it. */
async function libraryRate(rounds) {
  require("reflect-metadata");
  const x509 = require("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const authority = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const notBefore = new Date();
  const notAfter = new Date(Date.now() + 90 * 86_400_000);
  return rate(rounds, 200, async (i) => {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const leaf = await x509.X509CertificateGenerator.create({
      subject: `CN=web-${i}`,
      issuer: "CN=Bench Root",
      notBefore,
      notAfter,
      signingKey: authority.privateKey,
      publicKey: keys.publicKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1"]),
        new x509.SubjectAlternativeNameExtension([{ type: "dns", value: `web-${i}.internal.example` }]),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ],
    });
    leaf.toString("pem");
    await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  });
}

export async function measureIssuing(rounds) {
  const { issuing, idle } = await ownRates(rounds);
  const [openssl, library] = [await opensslRate(rounds), await libraryRate(rounds)];
  const perCheck = { what: "check and diff of an idle certificate", value: `${(1000 / idle).toFixed(3)} ms` };
  return [
    row("certificates a second in process", issuing, "openssl command line", openssl, "/s"),
    row("certificates a second in process", issuing, "bare @peculiar/x509", library, "/s"),
    { ...perCheck, beside: "", ratio: "", limit: "< 0.3 ms" },
  ];
}
