import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Material } from "../../../sdk/targets/target";

/** A self-signed certificate for web.example.com with a key that only OpenSSL makes: `rsa:1024`, `ec:secp256k1`. */
export function opensslMaterial(key: string): Material {
  const folder = mkdtempSync(join(tmpdir(), "openssl-material-"));
  const [keyPath, path] = [join(folder, "web.key"), join(folder, "web.pem")];
  const [kind = key, curve] = key.split(":");
  const newKey = kind === "ec" ? ["-newkey", "ec", "-pkeyopt", `ec_paramgen_curve:${curve}`] : ["-newkey", key];
  const name = ["-subj", "/CN=web.example.com", "-addext", "subjectAltName=DNS:web.example.com"];
  const files = ["-keyout", keyPath, "-out", path];
  try {
    execFileSync("openssl", ["req", "-x509", ...newKey, "-nodes", ...name, "-days", "2", ...files], {
      stdio: "ignore",
    });
    const certificatePem = readFileSync(path, "utf8");
    return {
      certificatePem,
      chainPem: "",
      fullChainPem: certificatePem,
      privateKeyPem: readFileSync(keyPath, "utf8"),
      fingerprintSha256: new X509Certificate(certificatePem).fingerprint256.replaceAll(":", "").toLowerCase(),
      dnsNames: ["web.example.com"],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
