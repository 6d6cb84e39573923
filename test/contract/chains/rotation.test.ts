import { at, ca, day, type Extras, leaf, type Node, testAgreement } from "../../support/chainCases";

const ended: Extras = { notAfter: new Date(at.getTime() - day) };

const crossed = async (): Promise<{ old: Node; renewed: Node; cross: Node; issuing: Node; leaf: string }> => {
  const old = await ca("old root");
  const renewed = await ca("new root");
  const cross = await ca("new root", old, {}, renewed.key);
  const issuing = await ca("issuing", renewed);
  return { old, renewed, cross, issuing, leaf: (await leaf(issuing)).pem };
};

testAgreement("rotation of a CA", [
  [
    "the new root is trusted, its cross-certificate sent too",
    "ok",
    async () => {
      const { renewed, cross, issuing, leaf: end } = await crossed();
      return { leaf: end, intermediates: [issuing.pem, cross.pem], anchors: [renewed.pem] };
    },
  ],
  [
    "the old root is trusted, the cross-certificate sent",
    "ok",
    async () => {
      const { old, cross, issuing, leaf: end } = await crossed();
      return { leaf: end, intermediates: [issuing.pem, cross.pem], anchors: [old.pem] };
    },
  ],
  [
    "the old root is trusted, the cross-certificate missing",
    "MissingIssuer",
    async () => {
      const { old, issuing, leaf: end } = await crossed();
      return { leaf: end, intermediates: [issuing.pem], anchors: [old.pem] };
    },
  ],
  [
    "both roots are trusted",
    "ok",
    async () => {
      const { old, renewed, cross, issuing, leaf: end } = await crossed();
      return { leaf: end, intermediates: [cross.pem, issuing.pem], anchors: [old.pem, renewed.pem] };
    },
  ],
  [
    "an intermediate was renewed, and the old certificate is sent too",
    "ok",
    async () => {
      const root = await ca("root");
      const old = await ca("issuing", root, ended);
      const renewed = await ca("issuing", root, {}, old.key);
      return { leaf: (await leaf(old)).pem, intermediates: [old.pem, renewed.pem], anchors: [root.pem] };
    },
  ],
  [
    "a new key was certified by the old one in the same name",
    "ok",
    async () => {
      const old = await ca("root");
      const link = await ca("root", old);
      return { leaf: (await leaf(link)).pem, intermediates: [link.pem], anchors: [old.pem] };
    },
  ],
]);
