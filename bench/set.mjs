// What a set of two thousand members costs, beside an empty stack.
import { createProject } from "./project.mjs";
import { inTurn, median, row, seconds } from "./measure.mjs";

const empty = `require("@pulumi/pulumi");`;

const fleet = (count) => `
const { CertificateAuthority, CertificateSet } = require("pulumi-certificates");
const root = new CertificateAuthority("root", { commonName: "Bench Root" });
const members = {};
for (let i = 0; i < ${count}; i++) members["web-" + i] = { dnsNames: ["web-" + i + ".internal.example"] };
members["web-7"].duration = "60d";
new CertificateSet("fleet", { issuer: root, duration: "90d", renewBefore: "30d", members });
`;

const inFiveWeeks = () => new Date(Date.now() + 35 * 86_400_000).toISOString();

export async function measureSet(rounds, count = 2000) {
  const floor = await createProject("empty", empty);
  const set = await createProject("fleet", fleet(count));
  await set.config("certificates:allowTimeTravel", "true");
  const [emptyUp] = await inTurn(rounds, [() => floor.up()]);
  const ups = [];
  for (let round = 0; round < rounds; round++) {
    if (round > 0) await set.destroy();
    ups.push(await seconds(() => set.up()));
  }
  const [emptyPreview, setPreview] = await inTurn(rounds, [() => floor.preview(), () => set.preview()]);
  const before = await keysOf(set);
  if (new Set(Object.values(before)).size !== count) throw new Error("two members have the same key");
  const renewal = await seconds(() => set.up({ PULUMI_CERTIFICATES_NOW: inFiveWeeks() }));
  const after = await keysOf(set);
  const touched = Object.keys(after).filter((name) => after[name] !== before[name]);
  if (touched.join() !== "web-7") throw new Error(`renewing one member touched ${touched.length}`);
  return [
    row(`first up of a set of ${count}, all keys new`, median(ups), "up of an empty stack", emptyUp, "s", "≤ 3.5"),
    row(`idle preview of a set of ${count}`, setPreview, "preview of an empty stack", emptyPreview, "s", "≤ 2.2"),
    row(`renewing one of ${count} members, no other touched`, renewal, "up of an empty stack", emptyUp, "s"),
  ];
}

async function keysOf(set) {
  const state = await set.exportState();
  const resource = state.find(({ type }) => type.endsWith("CertificateSet"));
  const sealed = resource.outputs.privateKeysJson;
  return JSON.parse(typeof sealed === "string" ? sealed : JSON.parse(sealed.plaintext));
}
