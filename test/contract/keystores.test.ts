import { createHash, createPrivateKey } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificatesError } from "../../sdk/errors";
import { pkcs12 } from "../../sdk/keystores/pkcs12";
import {
  createKeystore,
  keystoreExtension,
  keystoreKinds,
  readKeystore,
  validateKeystore,
  validateKeystorePassword,
  type KeystoreArgs,
  type KeystoreSpec,
} from "../../sdk/keystores/registry";
import { fingerprintsOf, hasKeytool, keytoolImport, opensslRead, serveWith } from "../support/keystoreReaders";
import { chainKeys, opensslChain, type ChainKey, type OpensslChain } from "../support/opensslChain";

const password = "correct horse battery";

interface Fixture {
  /** What the kind's factory returns, in each variant that writes other bytes. */
  readonly variants: readonly KeystoreArgs[];
  /** Descriptions that can never work, with the property at fault. */
  readonly invalid: readonly (readonly [object, string])[];
  /** Opens a keystore with the programs it is for; returns each one's private key, where it shows it, and certificates. */
  readonly readers: Readonly<
    Record<string, (keystore: Uint8Array, chain: OpensslChain) => Promise<{ key?: string; fingerprints: string[] }>>
  >;
}

const fixtures: { readonly [Kind in KeystoreSpec["kind"]]: Fixture } = {
  pkcs12: {
    variants: [pkcs12({ password }), pkcs12({ password, encryption: "legacy", alias: "web" })],
    invalid: [
      [{ encryption: "rc2" }, "encryption"],
      [{ encryption: undefined }, "encryption"],
      [{ alias: "" }, "alias"],
      [{ alias: "a\nb" }, "alias"],
      [{ alias: "a".repeat(129) }, "alias"],
      [{ alias: 7 }, "alias"],
    ],
    readers: {
      openssl: async (keystore) => {
        const { pem, privateKeyPem } = await opensslRead(keystore, password);
        return { key: privateKeyPem, fingerprints: fingerprintsOf(pem) };
      },
      "Node.js TLS": async (keystore, { rootPem }) => {
        const served = await serveWith(keystore, password, rootPem);
        return { fingerprints: served };
      },
      ...(hasKeytool && {
        "Java keytool": async (keystore) => {
          const { listing, imported } = await keytoolImport(keystore, password);
          expect(listing).toContain("Entry type: PrivateKeyEntry");
          const { privateKeyPem } = await opensslRead(imported, password);
          const shown = [...listing.matchAll(/SHA256: ([0-9A-F:]+)/g)].map(([, hex = ""]) => hex);
          return { key: privateKeyPem, fingerprints: shown.map((hex) => hex.replaceAll(":", "").toLowerCase()) };
        },
      }),
    },
  },
};

const withoutPassword = ({ password: _, ...spec }: KeystoreArgs): KeystoreSpec => spec;
const caught = async (promise: Promise<unknown>): Promise<CertificatesError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!CertificatesError.is(error)) throw new Error("expected an error of this package", { cause: error });
  return error;
};

const chains = new Map<ChainKey, OpensslChain>();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "keystores-"));
  for (const key of chainKeys) chains.set(key, await opensslChain(join(directory, key), key));
});
afterAll(() => rm(directory, { recursive: true }));

const chainOf = (key: ChainKey): OpensslChain => chains.get(key) as OpensslChain;

test("each kind is listed once and has a file extension", () => {
  const kinds = keystoreKinds.map(({ kind }) => kind);
  expect(new Set(kinds).size).toBe(kinds.length);
  expect(kinds.sort()).toEqual(Object.keys(fixtures).sort());
});

test("an unknown kind is refused with the known ones", () => {
  const spec = { kind: "jceks" } as unknown as KeystoreSpec;
  expect(() => validateKeystore(spec, "keystores[0]")).toThrow(/^keystores\[0\]\.kind: "jceks" is no kind.*pkcs12/);
});

describe.each(Object.entries(fixtures))("%s", (kind, { variants, invalid, readers }) => {
  const [first] = variants as [KeystoreArgs];
  const plain = withoutPassword(first);

  test("its factory returns plain data", () => {
    for (const variant of variants) {
      expect(variant.kind).toBe(kind);
      expect(JSON.parse(JSON.stringify(variant))).toEqual(variant);
      expect(() => validateKeystore(withoutPassword(variant), "keystore")).not.toThrow();
    }
    expect(keystoreExtension(plain)).toMatch(/^\.[a-z0-9]+$/);
  });

  test.each(invalid)("%j is refused, naming the property", (change, property) => {
    const spec = { ...plain, ...change } as KeystoreSpec;
    const validate = (): void => validateKeystore(spec, "keystores[1]");
    expect(validate).toThrow(
      expect.objectContaining({ code: "InvalidArgument", property: `keystores[1].${property}` }),
    );
  });

  test.each([[""], ["with\0nul"], ["half \ud83d of a pair"]])(
    "the password %j is refused without being shown",
    (bad) => {
      const validate = (): void => validateKeystorePassword(plain, bad, "keystores[1]");
      expect(validate).toThrow(expect.objectContaining({ code: "InvalidArgument", property: "keystores[1].password" }));
      if (bad !== "") expect(validate).not.toThrow(bad);
    },
  );

  describe.each(chainKeys)("with a %s key", (key) => {
    test.each(variants.map((variant) => [JSON.stringify(withoutPassword(variant)), withoutPassword(variant)] as const))(
      "%s holds the key and the chain in order, for every reader",
      async (_, spec) => {
        const chain = chainOf(key);
        const expected = fingerprintsOf(chain.certificatePem + chain.chainPem);
        const keystore = await createKeystore(spec, { ...chain, password });

        const contents = await readKeystore(spec.kind, keystore, password);
        expect(contents).toEqual({ alias: spec.alias, fingerprintsSha256: expected, keyMatches: true });

        const pkcs8 = createPrivateKey(chain.privateKeyPem);
        expect(Buffer.from(keystore).includes(pkcs8.export({ type: "pkcs8", format: "der" }))).toBe(false);
        for (const [reader, open] of Object.entries(readers)) {
          const read = await open(keystore, chain);
          expect([reader, read.fingerprints]).toEqual([reader, expected]);
          if (read.key !== undefined)
            expect([reader, createPrivateKey(read.key).equals(pkcs8)]).toEqual([reader, true]);
        }
      },
    );
  });

  describe.each(
    variants.map((variant) => [JSON.stringify(withoutPassword(variant)), withoutPassword(variant)] as const),
  )("%s", (_, spec) => {
    let keystore: Uint8Array;
    beforeAll(async () => {
      keystore = await createKeystore(spec, { ...chainOf("ECDSA-P256"), password });
    });

    test("a wrong password does not open it, and the error shows neither", async () => {
      const error = await caught(readKeystore(spec.kind, keystore, `${password}!`));
      expect(error).toMatchObject({ code: "InvalidArgument", property: "password" });
      expect(error.message).not.toContain(password);
    });

    test("a changed byte anywhere is noticed", async () => {
      const before = createHash("sha256").update(keystore).digest("hex");
      for (let at = 0; at < keystore.length; at += Math.ceil(keystore.length / 40)) {
        const changed = Uint8Array.from(keystore);
        changed[at] = (changed[at] as number) ^ 0x01;
        expect(["InvalidArgument", "MalformedInput"]).toContain(
          (await caught(readKeystore(spec.kind, changed, password))).code,
        );
      }
      expect(createHash("sha256").update(keystore).digest("hex")).toBe(before);
    });

    test("a part of it, or something else, is refused as malformed", async () => {
      const others = [0, 1, 7, 200, keystore.length - 1].map((length) => keystore.subarray(0, length));
      others.push(Buffer.concat([keystore, Buffer.of(0)]), Buffer.from("{}"), Buffer.alloc(5 * 1024 * 1024, 0x30));
      for (const other of others)
        expect((await caught(readKeystore(spec.kind, other, password))).code).toBe("MalformedInput");
    });

    test("a key that is not the certificate's is refused", async () => {
      const { privateKeyPem } = chainOf("RSA-2048");
      const error = await caught(createKeystore(spec, { ...chainOf("ECDSA-P256"), privateKeyPem, password }));
      expect(error.code).toBe("KeyMismatch");
    });

    test("an empty password, no certificate or a malformed one are refused", async () => {
      const chain = chainOf("ECDSA-P256");
      const broken = chain.chainPem.replace(/\n[A-Za-z0-9+/]{64}\n/, "\n");
      expect(await caught(createKeystore(spec, { ...chain, password: "" }))).toMatchObject({ code: "InvalidArgument" });
      for (const change of [{ certificatePem: "" }, { chainPem: broken }])
        expect(await caught(createKeystore(spec, { ...chain, password, ...change }))).toMatchObject({
          code: "MalformedInput",
          property: expect.stringMatching(`^${Object.keys(change)[0]}`) as string,
        });
    });

    test("a self-signed certificate goes without a chain", async () => {
      const { privateKeyPem, certificatePem } = chainOf("Ed25519");
      const alone = await createKeystore(spec, { privateKeyPem, certificatePem, chainPem: "", password });
      const { fingerprintsSha256 } = await readKeystore(spec.kind, alone, password);
      expect(fingerprintsSha256).toEqual(fingerprintsOf(certificatePem));
    });
  });
});
