import { envoy, envoyTarget } from "../../../sdk/targets/envoy";

const directory = "/etc/envoy/tls";
const parse = (changes: object = {}) =>
  envoyTarget.parse({ kind: "envoy", directory, secretName: "web", ...changes }, "target");

test("is the certificate, its key, and the definition of the secret that Envoy's configuration names", () => {
  expect(envoy({ directory, secretName: "web" })).toEqual({ kind: "envoy", directory, secretName: "web" });
  const { files, secrets } = parse();
  expect(files.map(({ name, mode }) => [name, mode])).toEqual([
    ["web.pem", 0o644],
    ["web.key", 0o600],
    ["web.json", 0o644],
  ]);
  expect(secrets).toEqual([{ name: "web", holds: "certificate" }]);
  const { text } = files[2]?.content as { text: string };
  expect(JSON.parse(text)).toEqual({
    resources: [
      {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        name: "web",
        tls_certificate: {
          certificate_chain: { filename: "/etc/envoy/tls/web.pem" },
          private_key: { filename: "/etc/envoy/tls/web.key" },
          watched_directory: { path: "/etc/envoy/tls" },
        },
      },
    ],
  });
});

test("has the roots as a second secret, in a file of its own: Envoy takes one a file", () => {
  const { files, secrets } = parse({ trustBundleName: "roots" });
  expect(files.map(({ name }) => name)).toEqual(["web.pem", "web.key", "roots.pem", "web.json", "roots.json"]);
  expect(secrets.map(({ holds }) => holds)).toEqual(["certificate", "trustBundle"]);
  const { text } = files[4]?.content as { text: string };
  expect(JSON.parse(text)).toMatchObject({
    resources: [{ name: "roots", validation_context: { trusted_ca: { filename: "/etc/envoy/tls/roots.pem" } } }],
  });
});

test.each(["127.0.0.1:9901", "[::1]:9901", "localhost:9901", "/run/envoy/admin.sock"])("is asked at %s", (admin) => {
  expect(parse({ admin }).admin).toEqual({ curl: "/usr/bin/curl", admin });
});

test.each([
  ["no name of the secret", { secretName: undefined }, /target\.secretName: nothing is no name of a secret/],
  ["a name that is a path", { secretName: "tls/web" }, /target\.secretName: "tls\/web" is no name of a secret/],
  [
    "one name for both secrets",
    { trustBundleName: "web" },
    /target\.trustBundleName: "web" is the certificate's secret/,
  ],
  ["an admin address without a port", { admin: "127.0.0.1" }, /target\.admin: "127\.0\.0\.1" is neither/],
  ["an option of curl as the admin address", { admin: "-o:1" }, /target\.admin: "-o:1" is neither/],
  ["a URL as the admin address", { admin: "http://127.0.0.1:9901" }, /target\.admin: .* is neither/],
  ["a program without its path", { admin: "127.0.0.1:9901", curl: "curl" }, /target\.curl: "curl" is no absolute path/],
  ["a reload command that nobody knows when to run", { reload: ["/bin/true"] }, /target\.reload: .*without admin/],
  ["a relative directory", { directory: "tls" }, /target\.directory: "tls" is no absolute path/],
  ["a key that all can read", { keyMode: "0644" }, /target\.keyMode/],
  ["what it does not know", { certificatePath: "/a/b.pem" }, /target\.certificatePath: unknown property/],
])("refuses %s", (_what, changes, message) => {
  expect(() => parse(changes)).toThrow(message);
});

test.each(["RSA-1024", "ECDSA-secp256k1", "Ed448"])(
  "refuses a key of the kind %s before it is issued",
  (keyAlgorithm) => {
    expect(() => envoyTarget.acceptDescribed?.(parse(), { keyAlgorithm })).toThrow(/Envoy takes no key of the kind/);
  },
);

test.each(["RSA-2048", "ECDSA-P384", "Ed25519", undefined])("lets a key of the kind %s through", (keyAlgorithm) => {
  const described = keyAlgorithm === undefined ? {} : { keyAlgorithm };
  expect(() => envoyTarget.acceptDescribed?.(parse(), described)).not.toThrow();
});
