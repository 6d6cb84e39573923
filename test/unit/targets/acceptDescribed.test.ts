import type { CertificateDescription } from "../../../sdk/targets/describedCertificate";
import { kindOfTarget, targetKinds } from "../../../sdk/targets/registry";

const pair = { certificatePath: "/etc/tls/web.pem", keyPath: "/etc/tls/web.key" };
const withoutKey = [{ hasPrivateKey: false }, /has no private key here/] as const;
const small = [{ keyAlgorithm: "RSA-1024" }, /RSA key has 1024 bits/] as const;

/** A target of each kind, and what it would refuse of a certificate that is yet to be issued. */
const kinds: Record<string, [target: object, ...refused: (readonly [CertificateDescription, RegExp])[]]> = {
  files: [
    { directory: "/etc/tls", files: { "ca.pem": "trustBundle", "web.key": "privateKey" } },
    withoutKey,
    [{ hasTrustBundle: false }, /files\["ca\.pem"\]: the certificate has no trust bundle/],
  ],
  nginx: [pair, withoutKey, small],
  apache: [pair, withoutKey, small],
  haproxy: [{ certificatePath: "/etc/haproxy/tls/web.pem" }, withoutKey, small],
  postgresql: [pair, withoutKey, small, [{ signedWith: "Ed25519" }, /signed with Ed25519/]],
  envoy: [
    { directory: "/etc/envoy/tls", secretName: "web" },
    withoutKey,
    [{ keyAlgorithm: "RSA-1024" }, /Envoy takes no key of the kind RSA-1024/],
  ],
  javaKeystore: [{ path: "/etc/tls/web.p12", password: "changeit" }, withoutKey],
  trustStore: [{ name: "example" }, [{ hasTrustBundle: false }, /roots|trust bundle/]],
  javaTrustStore: [{ path: "/etc/tls/roots.p12", password: "changeit" }, [{ hasTrustBundle: false }, /trust bundle/]],
  exec: [{ directory: "/etc/hooks", style: "certbot", command: ["/usr/local/bin/hook"] }, withoutKey],
  f5: [
    { address: "https://bigip.example.com", clientSslProfile: "/Common/web", user: "admin", password: "x" },
    withoutKey,
    [{ keyAlgorithm: "Ed25519" }, /takes no key of the kind Ed25519/],
  ],
};

test.each(targetKinds.map(({ kind }) => kind))(
  "%s says beforehand what it will refuse, and nothing of what is open",
  (name) => {
    const [target, ...refused] = kinds[name] ?? [];
    const kind = kindOfTarget({ kind: name }, "target");
    const spec = kind.parse({ kind: name, ...target }, "target");
    kind.acceptDescribed?.(spec, {});
    const good = { keyAlgorithm: "ECDSA-P256", signedWith: "ECDSA", hasPrivateKey: true, hasTrustBundle: true };
    kind.acceptDescribed?.(spec, { ...good, dnsNames: ["web.example.com"] });
    expect(refused.length).toBeGreaterThan(0);
    for (const [certificate, message] of refused)
      expect(() => kind.acceptDescribed?.(spec, certificate)).toThrow(message);
  },
);
