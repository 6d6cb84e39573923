import { sequence } from "../../../sdk/x509/der";
import { encodeDistinguishedName } from "../../../sdk/x509/distinguishedName";
import { oids } from "../../../sdk/x509/extensions";
import { ca, type Chain, edited, from, leaf, type Make, testAgreement } from "../../support/chainCases";
import { reissue } from "../../support/reissue";

testAgreement("authorities", [
  [
    "an intermediate is no CA",
    "NotCA",
    async () => {
      const root = await ca("root");
      const middle = await leaf(root, { subject: { commonName: "middle" } });
      return { leaf: (await leaf(middle)).pem, intermediates: [middle.pem], anchors: [root.pem] };
    },
  ],
  [
    "an intermediate says CA:FALSE",
    "NotCA",
    edited(async (made) => ({
      lower: await reissue(made.lower.pem, made.upper.key, {
        extensions: { [oids.basicConstraints]: { critical: true, value: sequence() }, [oids.keyUsage]: null },
      }),
    })),
  ],
  [
    "an intermediate may not sign certificates",
    "NotCA",
    edited(async (made) => ({
      lower: await reissue(made.lower.pem, made.upper.key, {
        extensions: { [oids.keyUsage]: { critical: true, value: Buffer.from("03020102", "hex") } },
      }),
    })),
  ],
  [
    "path lengths are just long enough",
    "ok",
    from({ root: { ca: { pathLength: 2 } }, upper: { ca: { pathLength: 1 } }, lower: { ca: { pathLength: 0 } } }),
  ],
  ["the root's path length is exceeded", "PathLengthExceeded", from({ root: { ca: { pathLength: 1 } } })],
  ["an intermediate's path length is exceeded", "PathLengthExceeded", from({ upper: { ca: { pathLength: 0 } } })],
  [
    "a self-issued CA certificate does not count for the path length",
    "ok",
    async () => {
      const root = await ca("root", undefined, { ca: { pathLength: 1 } });
      const issuing = await ca("issuing", root);
      const renewed = await ca("issuing", issuing);
      return { leaf: (await leaf(renewed)).pem, intermediates: [renewed.pem, issuing.pem], anchors: [root.pem] };
    },
  ],
  [
    "two CAs have certified each other",
    "UntrustedRoot",
    async () => {
      const first = await ca("first");
      const second = await ca("second");
      const crossed = [await ca("first", second, {}, first.key), await ca("second", first, {}, second.key)];
      return {
        leaf: (await leaf(first)).pem,
        intermediates: [...crossed, first, second].map(({ pem }) => pem),
        anchors: [(await ca("third")).pem],
      };
    },
  ],
]);

const private_ = "1.3.6.1.4.1.99999.1";
const critical = (which: keyof Chain, isCritical = true): Make =>
  edited(async (made) => {
    const issuer = { root: made.root, upper: made.root, lower: made.upper, leaf: made.lower }[which];
    const extensions = { [private_]: { critical: isCritical, value: sequence() } };
    return { [which]: await reissue(made[which].pem, issuer.key, { extensions }) };
  });
const edit = (which: "lower" | "leaf", extensions: NonNullable<Parameters<typeof reissue>[2]["extensions"]>): Make =>
  edited(async (made) => ({
    [which]: await reissue(made[which].pem, which === "leaf" ? made.lower.key : made.upper.key, { extensions }),
  }));
const value = (hex: string, isCritical = false): { critical: boolean; value: Buffer } => ({
  critical: isCritical,
  value: Buffer.from(hex, "hex"),
});

testAgreement("extensions", [
  ["the leaf has an unknown critical extension", "UnknownCriticalExtension", critical("leaf")],
  ["an intermediate has an unknown critical extension", "UnknownCriticalExtension", critical("upper")],
  ["the root has an unknown critical extension", "UnknownCriticalExtension", critical("root")],
  ["an unknown extension is not critical", "ok", critical("leaf", false)],
  [
    "policies, constraints and mappings are critical, and nobody asks for policies",
    "ok",
    edit("lower", {
      [oids.certificatePolicies]: value("300830060604551d2000", true),
      [oids.policyConstraints]: value("3003800100", true),
      [oids.inhibitAnyPolicy]: value("020100", true),
    }),
  ],
  [
    "a CA's basicConstraints are not critical",
    "Malformed",
    edit("lower", { [oids.basicConstraints]: value("30030101ff") }),
  ],
  ["a CA has no key usages", "Malformed", edit("lower", { [oids.keyUsage]: null })],
  ["a CA has no subject key identifier", "Malformed", edit("lower", { [oids.subjectKeyIdentifier]: null })],
  ["the leaf has no authority key identifier", "Malformed", edit("leaf", { [oids.authorityKeyIdentifier]: null })],
  ["the leaf has no subject key identifier", "ok", edit("leaf", { [oids.subjectKeyIdentifier]: null })],
  [
    "the leaf may sign certificates but is no CA",
    "Malformed",
    edit("leaf", { [oids.keyUsage]: value("03020204", true) }),
  ],
  ["the leaf's list of names is empty", "Malformed", edit("leaf", { [oids.subjectAltName]: value("3000") })],
  [
    "the subject key identifier is critical",
    "Malformed",
    edit("leaf", { [oids.subjectKeyIdentifier]: value(`0414${"00".repeat(20)}`, true) }),
  ],
  [
    "the leaf has no subject and its names are not critical",
    "Malformed",
    edited(async (made) => ({
      leaf: await reissue(made.leaf.pem, made.lower.key, { subject: sequence() }),
    })),
  ],
  ["the leaf has no subject and critical names", "ok", from({ leaf: { subject: {} } })],
  [
    "the issuer is named in other letters",
    "ok",
    edited(async (made) => ({
      leaf: await reissue(made.leaf.pem, made.lower.key, { issuer: encodeDistinguishedName({ commonName: "LOWER" }) }),
    })),
  ],
]);

testAgreement("purposes", [
  ["a server's certificate for a server", "ok", from({}, { purpose: "serverAuth" })],
  ["a server's certificate for a client", "PurposeNotAllowed", from({}, { purpose: "clientAuth" })],
  [
    "an intermediate for servers",
    "ok",
    from({ lower: { extendedKeyUsages: ["serverAuth"] } }, { purpose: "serverAuth" }),
  ],
  [
    "an intermediate for clients only",
    "PurposeNotAllowed",
    from({ lower: { extendedKeyUsages: ["clientAuth"] } }, { purpose: "serverAuth" }),
  ],
  [
    "a certificate for any use",
    "PurposeNotAllowed",
    from({ leaf: { extendedKeyUsages: ["anyExtendedKeyUsage"] } }, { purpose: "serverAuth" }),
  ],
  ["a certificate without extended usages", "ok", from({ leaf: { extendedKeyUsages: [] } }, { purpose: "clientAuth" })],
  [
    "a key that may only do something else",
    "PurposeNotAllowed",
    from({ leaf: { keyUsages: ["nonRepudiation"] } }, { purpose: "serverAuth" }),
  ],
]);
