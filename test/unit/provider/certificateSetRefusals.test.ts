import { certificateSet } from "../../../sdk/provider/certificateSet";
import { type Properties, SimulatedResource } from "../../support/simulatedEngine";
import { useCertificateSets, root, dns, fleet } from "../../support/certificateSets";

useCertificateSets();

describe("bad input names the member", () => {
  test.each<[string, Properties, string]>([
    ["a name that is no DNS name", { a: { dnsNames: ["a..b"] } }, 'members["a"].dnsNames[0]'],
    ["an empty certificate", { a: {} }, 'members["a"].dnsNames: the certificate would be empty'],
    ["a window longer than its life", { a: dns("a", { duration: "20d" }) }, 'members["a"].renewBefore'],
    ["an unknown argument", { a: dns("a", { names: [] }) }, 'members["a"].names: is no argument of a member.'],
    ["no object", { a: "web.example" }, 'members["a"]: is no object.'],
    ["a name that is none", { "a b": dns("a") }, 'members: "a b" is no name of a member.'],
  ])("%s", async (_what, members, message) => {
    await expect(new SimulatedResource(certificateSet).preview(fleet(members))).rejects.toThrow(message);
  });

  test("a common name outside the constraints of the CA", async () => {
    const nameConstraints = { permitted: { dnsDomains: ["internal.example"] } };
    await root.up({ name: "project/stack/root", commonName: "Example Root", nameConstraints });
    const members = { a: { commonName: "web.elsewhere.example" } };
    await expect(new SimulatedResource(certificateSet).preview(fleet(members))).rejects.toThrow(
      'members["a"]."web.elsewhere.example" is outside the issuing CA\'s name constraints',
    );
  });

  test("too many for one resource", async () => {
    const members = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`m${i}`, dns(`m${i}`)]));
    await expect(new SimulatedResource(certificateSet).preview(fleet(members))).rejects.toThrow(
      /20000 members would need about 3\d MB/,
    );
  });
});
