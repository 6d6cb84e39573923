import { AcmeError } from "../../../sdk/acme/problem";
import { CertificatesError } from "../../../sdk/errors";
import { prover } from "../../../sdk/solvers/prove";
import type { AnySolverKind } from "../../../sdk/solvers/registry";
import type { ParsedSolver } from "../../../sdk/solvers/select";
import { testChallenge } from "../../support/solvers/fixture";

let next = 0;

/** A solver whose answers a test controls. */
function solver(behaviour: { present?: () => unknown; ready?: () => unknown }, more: Partial<ParsedSolver> = {}) {
  const calls: string[] = [];
  const kind = {
    kind: "scripted",
    present: async () => {
      calls.push("present");
      await behaviour.present?.();
      return {
        ready: async () => void (await behaviour.ready?.()),
        remove: async () => void calls.push("remove"),
      };
    },
  } as unknown as AnySolverKind;
  const id = String(next++);
  const parsed: ParsedSolver = {
    ...{ selector: {}, kind, spec: {}, challenge: "dns-01", property: `solvers[${id}].dns01`, id },
    ...more,
  };
  return { parsed, calls };
}

const refuse = (message: string) => () => {
  throw new CertificatesError("IssuanceFailed", message);
};
const context = { signal: new AbortController().signal, report: () => undefined };
const offered = [testChallenge("http-01", "web.example.com"), testChallenge("dns-01", "web.example.com")];

test("answers the challenge that the solver is for, among those that are offered", async () => {
  const one = solver({});
  const { challenge, answer } = await prover([one.parsed], context)(offered);
  expect(challenge).toBe(offered[1]);
  await answer.remove();
  expect(one.calls).toEqual(["present", "remove"]);
});

test("goes on with the next equally specific solver when one fails, and stops at the first that works", async () => {
  const [bad, good, unused] = [solver({ present: refuse("no") }), solver({}), solver({})];
  await prover([bad.parsed, good.parsed, unused.parsed], context)(offered);
  expect([bad.calls, good.calls, unused.calls]).toEqual([["present"], ["present"], []]);
});

test("does not go on with a less specific solver", async () => {
  const bad = solver({ present: refuse("the API is down") }, { selector: { dnsZones: ["example.com"] } });
  const general = solver({});
  await expect(prover([general.parsed, bad.parsed], context)(offered)).rejects.toThrow("the API is down");
  expect(general.calls).toEqual([]);
});

test("tells the reasons of all when none works", async () => {
  const [one, two] = [solver({ present: refuse("A is down.") }), solver({ present: refuse("B is down.") })];
  const error: unknown = await prover([one.parsed, two.parsed], context)(offered).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AcmeError);
  expect(error).toMatchObject({ code: "IssuanceFailed", failureClass: "retryLater", retryable: true });
  expect((error as AcmeError).details.isIssuersFault).toBe(false);
  expect((error as AcmeError).message).toBe(
    `Control of web.example.com could not be shown. dns-01 by scripted (${one.parsed.property}): A is down.` +
      ` Then: dns-01 by scripted (${two.parsed.property}): B is down.`,
  );
  expect(((error as AcmeError).cause as AggregateError).errors).toHaveLength(2);
});

test("passes over a solver that failed three times in a row while there is another", async () => {
  let works = false;
  const flaky = solver({ present: () => (works ? undefined : refuse("no")()) });
  const other = solver({});
  const prove = prover([flaky.parsed, other.parsed], context);
  for (let run = 0; run < 5; run++) await prove(offered);
  expect(flaky.calls).toHaveLength(3);
  expect(other.calls).toHaveLength(5);
  // Alone it is still tried, and is used again after a success.
  await expect(prover([flaky.parsed], context)(offered)).rejects.toThrow("no");
  works = true;
  await (await prover([flaky.parsed], context)(offered)).answer.ready();
  await prove(offered);
  expect(flaky.calls).toHaveLength(6);
  expect(other.calls).toHaveLength(5);
});

test("an answer that a CA never sees counts as a failure too", async () => {
  const unseen = solver({ ready: refuse("not on all servers") });
  const other = solver({});
  const prove = prover([unseen.parsed, other.parsed], context);
  for (let run = 0; run < 3; run++)
    await expect((await prove(offered)).answer.ready()).rejects.toThrow("not on all servers");
  await prove(offered);
  expect(other.calls).toEqual(["present"]);
});

test("a run that is stopped tries no further solver and blames none", async () => {
  const controller = new AbortController();
  const stopped = solver({
    present: () => {
      controller.abort(new CertificatesError("EngineGone", "The engine is gone."));
      throw controller.signal.reason;
    },
  });
  const other = solver({});
  const prove = prover([stopped.parsed, other.parsed], { ...context, signal: controller.signal });
  await expect(prove(offered)).rejects.toMatchObject({ code: "EngineGone" });
  expect(other.calls).toEqual([]);
  await expect(prove(offered)).rejects.toMatchObject({ code: "EngineGone" });
  expect(stopped.calls).toEqual(["present"]);
});

test("a CA that offers nothing that a solver answers is passed over for the next issuer", async () => {
  const one = solver({});
  const error: unknown = await prover([one.parsed], context)([offered[0]!]).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ failureClass: "nextIssuer" });
  expect(String(error)).toContain("No solver of the account can prove web.example.com: the CA offers http-01.");
  await expect(prover([one.parsed], context)([])).rejects.toMatchObject({ failureClass: "nextIssuer" });
});
