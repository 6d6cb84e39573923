import type { Challenge } from "../../sdk/acme/challenge";
import { CertificatesError } from "../../sdk/errors";
import { challengeOfSlot, kindOfSolver, type SolverSlot, slotNames, solverKinds } from "../../sdk/solvers/registry";
import type { Answer } from "../../sdk/solvers/solver";
import { needs } from "../support/requirements";
import { acmeDnsFixture } from "../support/solvers/acmeDns";
import { azureDnsFixture } from "../support/solvers/azureDns";
import { cloudflareFixture } from "../support/solvers/cloudflare";
import { digitalOceanFixture } from "../support/solvers/digitalOcean";
import { googleCloudDnsFixture } from "../support/solvers/googleCloudDns";
import { execDns01Fixtures, execHttp01Fixture } from "../support/solvers/exec";
import { type SolverFixture, testChallenge, type TestSolver } from "../support/solvers/fixture";
import { httpReqFixtures } from "../support/solvers/httpReq";
import { persistentRecordFixture } from "../support/solvers/persistentRecord";
import { route53Fixture } from "../support/solvers/route53";
import { powerDnsFixture } from "../support/solvers/powerDns";
import { rfc2136Fixture } from "../support/solvers/rfc2136";
import { standaloneHttp01Fixture } from "../support/solvers/standaloneHttp01";
import { standaloneTlsAlpn01Fixture } from "../support/solvers/standaloneTlsAlpn01";
import { webrootFixture } from "../support/solvers/webroot";

const fixtures: readonly SolverFixture[] = [
  rfc2136Fixture,
  powerDnsFixture,
  acmeDnsFixture,
  ...httpReqFixtures,
  cloudflareFixture,
  digitalOceanFixture,
  route53Fixture,
  azureDnsFixture,
  googleCloudDnsFixture,
  standaloneHttp01Fixture,
  standaloneTlsAlpn01Fixture,
  webrootFixture,
  execHttp01Fixture,
  ...execDns01Fixtures,
  persistentRecordFixture,
];

/** The same kind without what this process remembers of its answers. */
function inAnotherProcess({ kind }: SolverFixture["kind"], slot: SolverSlot): SolverFixture["kind"] {
  let other: SolverFixture["kind"] | undefined;
  jest.isolateModules(() => {
    const registry = jest.requireActual<typeof import("../../sdk/solvers/registry")>("../../sdk/solvers/registry");
    other = registry.kindOfSolver(slot, { kind }, "solver");
  });
  return other as SolverFixture["kind"];
}

test("every kind of solver has a fixture, and stands under the challenge that it answers", () => {
  expect(new Set(fixtures.map(({ kind }) => kind))).toEqual(new Set(solverKinds));
  for (const { kind, slot } of fixtures) expect(kind.challenge).toBe(challengeOfSlot[slot]);
});

test.each(slotNames)("a kind that is not known is refused under %s, with the known ones", (slot) => {
  const refused = expect.objectContaining({ code: "InvalidArgument", property: "solvers[0].x" });
  for (const junk of [undefined, null, "route66", {}, { kind: "route66" }, { kind: 7 }, []])
    expect(() => kindOfSolver(slot, junk, "solvers[0].x")).toThrow(refused);
});

for (const fixture of fixtures) {
  const { kind, slot, create, invalid, sameName = "together", permanent, atOnce = 8, variant = "" } = fixture;
  const title = `${kind.kind} for ${kind.challenge} ${variant}`.trim();
  const { describe: describeKind } = fixture.needs === undefined ? { describe } : needs(fixture.needs);

  describeKind(title, () => {
    let solver: TestSolver;
    let controller: AbortController;
    let presented: Answer[];

    beforeEach(async () => {
      solver = await create();
      controller = new AbortController();
      presented = [];
    });
    afterEach(async () => {
      for (const answer of presented) await answer.remove();
      await solver.close();
    });

    const context = () => ({ signal: controller.signal, report: () => undefined });
    const spec = () => kind.parse(solver.args, "solver");
    const challenge = (name = solver.name, more: Partial<Challenge> = {}) => testChallenge(kind.challenge, name, more);
    const present = async (given: Challenge): Promise<Answer> => {
      const answer = await kind.present(spec(), given, context());
      presented.push(answer);
      return answer;
    };
    const refusal = (value: unknown): CertificatesError => {
      try {
        kind.parse(value, "solvers[3]");
      } catch (error) {
        if (CertificatesError.is(error)) return error;
        throw error;
      }
      throw new Error("It was accepted.");
    };

    test("its factory returns plain data that names it", () => {
      expect(JSON.parse(JSON.stringify(solver.args))).toEqual(solver.args);
      expect(kindOfSolver(slot, solver.args, "solver")).toBe(kind);
    });

    test("is refused under a challenge that it cannot answer", () => {
      const able = fixtures.filter((other) => other.kind.kind === kind.kind).map((other) => other.slot);
      for (const other of slotNames.filter((name: SolverSlot) => !able.includes(name))) {
        const moved = (): unknown => kindOfSolver(other, solver.args, "solver");
        expect(moved).toThrow(/cannot answer.*only.*Write it under/s);
      }
    });

    test("can be checked without its secrets", () => {
      const open = Object.entries(solver.args).filter(([name]) => !kind.secrets.includes(name));
      expect(() => kind.parse(Object.fromEntries(open), "solver")).not.toThrow();
    });

    test.each([[null], ["text"], [7], [[]]])("refuses %j", (junk) => {
      expect(refusal(junk)).toMatchObject({ code: "InvalidArgument", property: "solvers[3]" });
    });

    test("refuses a property that it does not have", () => {
      const error = refusal({ ...solver.args, prot: 80 });
      expect(error).toMatchObject({ code: "InvalidArgument", property: "solvers[3].prot" });
    });

    test.each([...invalid])("refuses %j, naming the property and no secret", (change, property) => {
      const error = refusal({ ...solver.args, ...change });
      expect(error).toMatchObject({ code: "InvalidArgument", property: `solvers[3].${property}` });
      for (const name of kind.secrets) {
        const value = change[name] ?? solver.args[name];
        if (typeof value === "string" && value.length >= 4) expect(error.message).not.toContain(value);
      }
    });

    test("a preflight leaves nothing behind", async () => {
      if (permanent === true) return;
      await kind.preflight?.(spec(), [solver.name], context());
      expect(await solver.leftovers()).toEqual([]);
    });

    test("puts the answer where a CA finds it, and takes it away", async () => {
      const given = challenge();
      const answer = await present(given);
      await answer.ready();
      expect(await solver.answers(given)).toBe(true);
      await answer.remove();
      if (permanent !== true) {
        expect(await solver.answers(given)).toBe(false);
        expect(await solver.leftovers()).toEqual([]);
      }
    });

    test("answers again after it was removed, and a removal can be repeated", async () => {
      const given = challenge();
      for (let round = 0; round < 2; round++) {
        const answer = await present(given);
        await answer.ready();
        expect(await solver.answers(given)).toBe(true);
        await answer.remove();
        await answer.remove();
      }
    });

    test("a second removal does not take another's answer away", async () => {
      const [first, second] = [challenge(`a.${solver.name}`), challenge(`b.${solver.name}`)];
      const [one, two] = [await present(first), await present(second)];
      await Promise.all([one.ready(), two.ready()]);
      await one.remove();
      await one.remove();
      expect(await solver.answers(second)).toBe(true);
      expect(permanent === true || !(await solver.answers(first))).toBe(true);
      await two.remove();
      if (permanent !== true) expect(await solver.leftovers()).toEqual([]);
    });

    test("two answers for one name do not disturb each other", async () => {
      const [first, second] = [challenge(), challenge()];
      const one = await present(first);
      await one.ready();
      const coming = present(second);
      if (sameName === "together") await (await coming).ready();
      expect(await solver.answers(first)).toBe(true);
      await one.remove();
      const two = await coming;
      await two.ready();
      expect(await solver.answers(second)).toBe(true);
      await two.remove();
      if (permanent !== true) expect(await solver.leftovers()).toEqual([]);
    });

    test("many answers at once", async () => {
      const given = Array.from({ length: atOnce }, (_, at) => challenge(`host${at}.${solver.name}`));
      const answers = await Promise.all(given.map(present));
      await Promise.all(answers.map((answer) => answer.ready()));
      expect(await Promise.all(given.map((each) => solver.answers(each)))).toEqual(given.map(() => true));
      await Promise.all(answers.map((answer) => answer.remove()));
      if (permanent !== true) expect(await solver.leftovers()).toEqual([]);
    });

    test("removes what an earlier process left behind, and nothing else", async () => {
      if (kind.removeLeftover === undefined) return;
      const [left, other] = [challenge(), challenge()];
      const earlier = inAnotherProcess(kind, slot);
      await (await earlier.present(earlier.parse(solver.args, "solver"), left, context())).ready();
      const kept = await present(other);
      await kept.ready();
      await kind.removeLeftover(spec(), left, context());
      expect(await solver.answers(left)).toBe(false);
      expect(await solver.answers(other)).toBe(true);
      await kind.removeLeftover(spec(), left, context());
    });
  });
}
