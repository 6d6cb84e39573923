import { at, ca, chain, day, edited, type Extras, from, leaf, testAgreement, whole } from "../../support/chainCases";
import { reissue, tamper } from "../../support/reissue";

const days = (count: number): Date => new Date(at.getTime() + count * day);
const ended: Extras = { notAfter: days(-1) };
const notYet: Extras = { notBefore: days(1) };

testAgreement("validity", [
  ["everything is right", "ok", from()],
  ["the leaf has expired", "Expired", from({ leaf: ended })],
  ["an intermediate has expired", "Expired", from({ upper: ended })],
  ["the root has expired", "Expired", from({ root: ended })],
  ["the leaf is not yet valid", "NotYetValid", from({ leaf: notYet })],
  ["an intermediate is not yet valid", "NotYetValid", from({ lower: notYet })],
  ["the root is not yet valid", "NotYetValid", from({ root: notYet })],
  ["it is the first second of the leaf", "ok", from({ leaf: { notBefore: at } })],
  ["it is the last second of the leaf", "Expired", from({ leaf: { notAfter: at } })],
  ["it is a second before the last of the leaf", "ok", from({ leaf: { notAfter: new Date(at.getTime() + 1000) } })],
]);

testAgreement("signatures", [
  ["the leaf's signature is changed", "BadSignature", edited(async (made) => ({ leaf: tamper(made.leaf.pem) }))],
  [
    "an intermediate's signature is changed",
    "BadSignature",
    edited(async (made) => ({ upper: tamper(made.upper.pem) })),
  ],
  [
    "the root's signature is changed, but it is trusted",
    "ok",
    edited(async (made) => ({ root: tamper(made.root.pem) })),
  ],
  [
    "another key signed in the issuer's name",
    "BadSignature",
    edited(async (made) => ({ leaf: await reissue(made.leaf.pem, made.upper.key, {}) })),
  ],
  [
    "the issuer was made anew, with another key",
    "MissingIssuer",
    edited(async (made) => ({ lower: (await ca("lower", made.upper)).pem })),
  ],
  [
    "the algorithm outside is another than inside",
    "BadSignature",
    edited(async (made) => ({
      leaf: await reissue(made.leaf.pem, made.lower.key, {
        outerAlgorithm: Buffer.from("300a06082a8648ce3d040303", "hex"),
      }),
    })),
  ],
]);

testAgreement("missing and unordered certificates", [
  [
    "the leaf's issuer is missing",
    "MissingIssuer",
    async () => {
      const made = await chain();
      return { ...whole(made), intermediates: [made.upper.pem] };
    },
  ],
  [
    "the upper intermediate is missing",
    "MissingIssuer",
    async () => {
      const made = await chain();
      return { ...whole(made), intermediates: [made.lower.pem] };
    },
  ],
  ["the root is missing", "MissingIssuer", from({}, { anchors: [] })],
  [
    "another root is trusted",
    "MissingIssuer",
    async () => ({ ...whole(await chain()), anchors: [(await ca("root")).pem] }),
  ],
  [
    "the root was sent but is not trusted",
    "UntrustedRoot",
    async () => {
      const made = await chain();
      return {
        ...whole(made),
        intermediates: [made.lower.pem, made.upper.pem, made.root.pem],
        anchors: [(await ca("other")).pem],
      };
    },
  ],
  [
    "only an intermediate is trusted",
    "MissingIssuer",
    async () => {
      const made = await chain();
      return { ...whole(made), anchors: [made.upper.pem] };
    },
  ],
  [
    "an intermediate is trusted besides the root",
    "ok",
    async () => {
      const made = await chain();
      return { ...whole(made), intermediates: [made.lower.pem], anchors: [made.upper.pem, made.root.pem] };
    },
  ],
  [
    "intermediates are in another order, twice, and among others",
    "ok",
    async () => {
      const made = await chain();
      const other = await chain();
      const { lower, upper } = made;
      return {
        ...whole(made),
        intermediates: [other.upper, upper, lower, upper, other.lower, made.root].map(({ pem }) => pem),
      };
    },
  ],
  [
    "a trusted certificate is self-signed and no CA",
    "ok",
    async () => {
      const { pem } = await leaf(undefined);
      return { leaf: pem, anchors: [pem] };
    },
  ],
  [
    "a self-signed certificate is not trusted",
    "UntrustedRoot",
    async () => ({
      leaf: (await leaf(undefined)).pem,
      anchors: [(await ca("root")).pem],
    }),
  ],
  [
    "the root itself is checked",
    "ok",
    async () => {
      const { pem } = await ca("root");
      return { leaf: pem, anchors: [pem] };
    },
  ],
  [
    "an intermediate is checked",
    "ok",
    async () => {
      const made = await chain();
      return { leaf: made.lower.pem, intermediates: [made.upper.pem], anchors: [made.root.pem] };
    },
  ],
]);
