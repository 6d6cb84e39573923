import { CertificatesError } from "../../sdk/errors";
import { type Deployed, deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import { targetKinds } from "../../sdk/targets/registry";
import type { Material, Observation, Revision, Step } from "../../sdk/targets/target";
import { needs } from "../support/requirements";
import type { TargetFixture, TestTarget } from "../support/targets/fixture";
import { fixtures } from "../support/targets/fixtures";
import { testMaterial } from "../support/targets/material";

test("every kind of target has a fixture", () => {
  expect([...new Set(fixtures.map(({ kind }) => kind.kind))]).toEqual(targetKinds.map(({ kind }) => kind));
});

const describeTarget = (fixture: TargetFixture) => (): void => {
  const { kind } = fixture;
  let target: TestTarget;
  let old: Material;
  let fresh: Material;
  let steps: Step[];

  beforeAll(async () => {
    const material = fixture.material ?? testMaterial;
    old = await material();
    fresh = await material();
  });
  beforeEach(async () => {
    target = await fixture.create();
    steps = [];
  });
  afterEach(() => target.remove());
  afterAll(() => fixture.end?.());

  const context = (id = "web-00000001", resource = "project/stack/web") => ({
    host: localHost,
    instance: { id, resource, owner: { team: "payments" } },
    beforeStep: (step: Step) => void steps.push(step),
  });
  const spec = () => kind.parse(target.args, "target");
  const bring = (material: Material, verify?: (revision: Revision) => Promise<void>): Promise<Deployed> =>
    deploy({
      kind,
      spec: spec(),
      wanted: { material },
      context: context(),
      ...(verify === undefined ? {} : { verify }),
    });
  const goTo = (revision: string): Promise<Deployed> =>
    deploy({ kind, spec: spec(), wanted: { revision }, context: context() });
  const observe = (): Promise<Observation> => kind.observe(spec(), context());
  const verifyServed = async (revision: Revision): Promise<void> => {
    if ((await target.served()) === revision.fingerprintSha256) return;
    throw new CertificatesError("VerificationFailed", "The server serves another certificate.");
  };
  const failure = async (work: Promise<unknown>): Promise<CertificatesError> => {
    try {
      await work;
    } catch (error) {
      if (CertificatesError.is(error)) return error;
      throw error;
    }
    throw new Error("It did not fail.");
  };
  const expectOwnProperty = ({ property, message }: CertificatesError, args: Record<string, unknown>): void => {
    expect(message.startsWith(`${property}: `)).toBe(true);
    expect(Object.keys(args)).toContain(/^target\.(\w+)/.exec(property ?? "")?.[1]);
  };
  const expectInUse = async (material: Material): Promise<void> => {
    expect(target.leftovers()).toEqual([]);
    expect(target.stored()).toBe(material.fingerprintSha256);
    expect(await target.served()).toBe(material.fingerprintSha256);
  };

  test("deploys for the first time, in the universal order", async () => {
    const deployed = await bring(old, verifyServed);
    expect(deployed).toEqual({
      changed: true,
      current: { id: expect.any(String) as string, fingerprintSha256: old.fingerprintSha256 },
    });
    expect(steps).toEqual(["stage", "checkStaged", "switch", "check", "reload", "verify", "confirm", "retire"]);
    await expectInUse(old);
    expect(await observe()).toEqual({ current: deployed.current, differences: [], interrupted: false });
  });

  test("rotates and keeps the one before", async () => {
    const first = await bring(old);
    const second = await bring(fresh, verifyServed);
    await expectInUse(fresh);
    expect(second).toMatchObject({ changed: true, previous: first.current });
    expect(target.reloads()).toBe(2);
  });

  test("does not touch what is equal, and reloads nothing", async () => {
    await bring(old);
    const before = target.traces();
    steps = [];
    expect(await bring(old, verifyServed)).toMatchObject({ changed: false });
    expect(target.traces()).toEqual(before);
    expect(target.reloads()).toBe(1);
    expect(steps).toEqual(["stage"]);
  });

  test.each([...fixture.refusable])("keeps the old certificate when %s refuses the new one", async (command) => {
    await bring(old);
    const reloads = target.reloads();
    target.refuse(command);
    const error = await failure(bring(fresh, verifyServed));
    expect(error.code).toBe(command === "reload" ? "DeploymentFailed" : "TargetRefused");
    expect(error.message).toContain(`${command} says no`);
    expect(target.stored()).toBe(old.fingerprintSha256);
    target.refuse(undefined);
    expect(await bring(old, verifyServed)).toMatchObject({ current: { fingerprintSha256: old.fingerprintSha256 } });
    await expectInUse(old);
    expect(target.reloads()).toBe(command === "reload" ? reloads + 1 : reloads);
    await bring(fresh, verifyServed);
    await expectInUse(fresh);
  });

  test("brings the old certificate back when the server does not serve the new one", async () => {
    await bring(old);
    const refuseNew = (): Promise<void> =>
      Promise.reject(new CertificatesError("VerificationFailed", "It serves something else."));
    const error = await failure(bring(fresh, refuseNew));
    expect(error).toMatchObject({ code: "VerificationFailed", retryable: true });
    expect(error.message).toContain(
      `It serves something else. The certificate ${old.fingerprintSha256}, deployed before, is back`,
    );
    await expectInUse(old);
    expect(target.reloads()).toBe(3);
    expect(await observe()).toMatchObject({ differences: [], interrupted: false });
    await bring(fresh, verifyServed);
    await expectInUse(fresh);
  });

  test("tells every cause when going back fails as well", async () => {
    await bring(old);
    const error = await failure(
      bring(fresh, () => {
        target.refuse("reload");
        return Promise.reject(new Error("it serves something else"));
      }),
    );
    expect(error.message).toMatch(/it serves something else\. Then: .*reload says no/s);
    expect((error.cause as AggregateError).errors).toHaveLength(2);
    expect(target.stored()).toBe(old.fingerprintSha256);
    expect(await observe()).toMatchObject({ interrupted: true });
    target.refuse(undefined);
    expect(await bring(old, verifyServed)).toMatchObject({ changed: true });
    await expectInUse(old);
  });

  test("leaves the first certificate in place when it cannot be verified, and goes on with it", async () => {
    const error = await failure(bring(old, () => Promise.reject(new Error("no server is running yet"))));
    expect(error.message).toContain("Nothing was deployed there before");
    expect(target.stored()).toBe(old.fingerprintSha256);
    expect(await observe()).toMatchObject({ interrupted: true });
    expect(await bring(old, verifyServed)).toMatchObject({ changed: true });
    expect(await observe()).toMatchObject({ interrupted: false });
  });

  test("reloads once more when the files are right and the server still serves something else", async () => {
    await bring(old);
    let served = false;
    const deployed = await bring(old, () => {
      if (served) return Promise.resolve();
      served = true;
      return Promise.reject(new Error("it serves something else"));
    });
    expect(deployed.changed).toBe(false);
    expect(target.reloads()).toBe(2);
  });

  test("notices what was changed by hand, and puts it right", async () => {
    await bring(old);
    target.damage();
    const { differences } = await observe();
    expect(differences).not.toEqual([]);
    expect(await bring(old, verifyServed)).toMatchObject({ changed: true });
    expect((await observe()).differences).toEqual([]);
    await expectInUse(old);
  });

  test("goes back to the previous revision, stays there, and forward again", async () => {
    const first = await bring(old);
    await bring(fresh);
    const back = await goTo(first.current.id);
    await expectInUse(old);
    expect(back).toMatchObject({
      changed: true,
      current: first.current,
      previous: { fingerprintSha256: fresh.fingerprintSha256 },
    });
    expect(await goTo(first.current.id)).toMatchObject({ changed: false });
    await bring(fresh, verifyServed);
    await expectInUse(fresh);
  });

  test("keeps the previous revision through repairs of the current one", async () => {
    const first = await bring(old);
    await bring(fresh);
    target.damage();
    await bring(fresh);
    expect((await observe()).previous).toEqual(first.current);
    await goTo(first.current.id);
    await expectInUse(old);
  });

  test("refuses to go to a revision that is not kept", async () => {
    await bring(old);
    expect((await failure(goTo("999"))).message).toContain("the previous revision (999) cannot be used");
    await expectInUse(old);
  });

  test("stops at once when the engine is gone, and goes on in the next run", async () => {
    await bring(old);
    const gone = context();
    gone.beforeStep = (step) => {
      if (step === "reload") throw new CertificatesError("EngineGone", "The engine is gone.");
    };
    expect((await failure(deploy({ kind, spec: spec(), wanted: { material: fresh }, context: gone }))).code).toBe(
      "EngineGone",
    );
    if (fixture.watches !== true) expect(await target.served()).toBe(old.fingerprintSha256);
    await bring(fresh, verifyServed);
    await expectInUse(fresh);
  });

  test("leaves no trace of a first deployment that was refused before anything was switched", async () => {
    if (!fixture.refusable.includes("checkStaged")) return;
    const before = target.traces();
    target.refuse("checkStaged");
    expect(await failure(bring(old))).toMatchObject({ code: "TargetRefused", switched: false });
    expect(target.traces()).toEqual(before);
    expect(target.left()).toBe(false);
  });

  test("removes what it deployed", async () => {
    await bring(old);
    await bring(fresh);
    await kind.withdraw(spec(), context());
    expect(target.left()).toBe(false);
    await kind.withdraw(spec(), context());
  });

  test("leaves what is in use when told to, for whoever comes next", async () => {
    target.args.onDelete = "leave";
    await bring(old);
    await kind.withdraw(spec(), context());
    expect(target.stored()).toBe(old.fingerprintSha256);
    const next = context("api-00000002", "project/stack/api");
    await deploy({ kind, spec: spec(), wanted: { material: fresh }, context: next });
    await expectInUse(fresh);
    expect(await kind.observe(spec(), next)).toMatchObject({ previous: { fingerprintSha256: old.fingerprintSha256 } });
  });

  test("an instance that was replaced takes nothing with it", async () => {
    await bring(old);
    const replacement = context("web-00000002");
    await deploy({ kind, spec: spec(), wanted: { material: fresh }, context: replacement });
    await kind.withdraw(spec(), context());
    await expectInUse(fresh);
    expect(await kind.observe(spec(), replacement)).toMatchObject({ differences: [], interrupted: false });
  });

  test("refuses what another resource deployed, before and during a deployment", async () => {
    await bring(old);
    const other = context("api-00000002", "project/stack/api");
    await expect(kind.preflight(spec(), { host: localHost, resource: "project/stack/api" })).rejects.toMatchObject({
      code: "ForeignFile",
    });
    const error = await failure(deploy({ kind, spec: spec(), wanted: { material: fresh }, context: other }));
    expect(error.code).toBe("ForeignFile");
    expect(error.message).toContain("was deployed by project/stack/web");
    await expectInUse(old);
  });

  test("a preflight changes nothing", async () => {
    const before = target.traces();
    await kind.preflight(spec(), { host: localHost, resource: "project/stack/web" });
    expect(target.traces()).toEqual(before);
    expect(target.reloads()).toBe(0);
  });

  test("refuses a place where nothing can be written, before anything is issued", async () => {
    const nowhere = kind.parse(fixture.unwritable, "target");
    const error = await failure(kind.preflight(nowhere, { host: localHost, resource: "project/stack/web" }));
    expect(error.code).toBe("InvalidArgument");
    expectOwnProperty(error, fixture.unwritable);
  });

  test("says in the user's own words which file needs the private key", async () => {
    const { privateKeyPem: _, ...keyless } = old;
    // Not every kind has a file with it.
    const refusal = await Promise.resolve()
      .then(() => kind.accept(spec(), keyless))
      .catch((error: unknown) => error as CertificatesError);
    if (refusal !== undefined) expectOwnProperty(refusal, target.args);
  });

  test("refuses a key that is not the certificate's", async () => {
    await bring(old);
    const { privateKeyPem } = fresh as { privateKeyPem: string };
    const error = await failure(bring({ ...old, privateKeyPem }));
    expect(error.code).toBe("KeyMismatch");
    expect(error.message).not.toContain("PRIVATE KEY-");
    await expectInUse(old);
  });
};

for (const fixture of fixtures) {
  const where = fixture.needs === undefined ? { describe } : needs(fixture.needs);
  where.describe([fixture.kind.kind, fixture.variant].filter(Boolean).join(" "), describeTarget(fixture));
}
