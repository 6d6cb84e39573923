import { type Deployed, deploy } from "../../sdk/targets/deploy";
import { F5Deployments, failureOf } from "../support/f5Deployments";
import { type F5TestTarget, f5Fixture } from "../support/targets/f5";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { until } from "../support/until";

const { kind } = f5Fixture;
let target: F5TestTarget;
let edge: F5Deployments;
let old: TestMaterial;
let fresh: TestMaterial;

beforeAll(async () => {
  old = await testMaterial();
  fresh = await testMaterial();
});
beforeEach(async () => {
  target = await f5Fixture.create();
  edge = new F5Deployments(target);
});
afterEach(() => target.remove());
afterAll(() => f5Fixture.end());

describe("a BIG-IP that does not do what it should", () => {
  test("no uploaded key stays, whatever the BIG-IP says to it", async () => {
    const forget = target.bigIp.intercept(({ method, path }) =>
      method === "POST" && path === "/mgmt/tm/sys/file/ssl-cert"
        ? { status: 400, json: { code: 400, message: "01070734:3: Configuration error: disk is full" } }
        : undefined,
    );
    const error = await failureOf(edge.bring(old));
    forget();
    expect(error).toMatchObject({ code: "TargetRefused", switched: false });
    expect(error.message).toContain("01070734:3: Configuration error: disk is full.");
    expect([target.bigIp.uploads.names, target.left()]).toEqual([[], false]);
  });

  test("one that does not remove an uploaded key is named, with the file", async () => {
    const forget = target.bigIp.intercept(({ path }) =>
      path === "/mgmt/tm/util/unix-rm"
        ? { status: 200, json: { commandResult: "/bin/rm: cannot remove: Operation not permitted\n" } }
        : undefined,
    );
    const error = await failureOf(edge.bring(old));
    forget();
    expect(error.message).toMatch(
      /did not remove \/var\/config\/rest\/downloads\/\S+\.key: .*it may hold a private key/s,
    );
    await edge.bring(old);
    expect(target.leftovers()).toEqual([]);
  });

  test("busy for a moment, and a lost answer: it is asked again", async () => {
    let [busy, lost] = [2, 1];
    const forget = target.bigIp.intercept(({ method, path }) => {
      if (method === "POST" && path === "/mgmt/tm/sys/file/ssl-key" && busy-- > 0)
        return { status: 503, json: { code: 503, message: "There is an active asynchronous task executing." } };
      return path.startsWith("/mgmt/shared/file-transfer") && lost-- > 0 ? "drop" : undefined;
    });
    await edge.bring(old);
    forget();
    expect(await target.served()).toBe(old.fingerprintSha256);
  });

  test("a REST daemon that starts says that nothing is there: that is no change by hand", async () => {
    await edge.bring(old);
    let starting = 3;
    const forget = target.bigIp.intercept(({ path }) =>
      path.startsWith("/mgmt/tm/") && starting-- > 0
        ? { status: 404, json: { code: 404, message: "Public URI path not registered", errorStack: [] } }
        : undefined,
    );
    expect(await edge.observe()).toMatchObject({ differences: [], interrupted: false });
    forget();
  });

  test.each(["drop", "lose"] as const)(
    "a commit without an answer (%s): the old certificate comes back, the next run goes on",
    async (outcome) => {
      await edge.bring(old);
      let commits = 0;
      const forget = target.bigIp.intercept(({ method, path, body }) => {
        const isCommit =
          method === "PATCH" && path.startsWith("/mgmt/tm/transaction/") && !body.includes("validateOnly");
        return isCommit && commits++ === 0 ? outcome : undefined;
      });
      const error = await failureOf(edge.bring(fresh));
      forget();
      expect(error).toMatchObject({ code: "Unreachable", retryable: true });
      expect(error.message).toContain(`${target.bigIp.address} did not change the certificate of ${target.profile}`);
      expect(await target.served()).toBe(old.fingerprintSha256);
      await edge.bring(fresh);
      expect(await target.served()).toBe(fresh.fingerprintSha256);
    },
  );

  test("a transaction that ended meanwhile changes nothing", async () => {
    await edge.bring(old);
    const forget = target.bigIp.intercept(({ path }) => {
      if (/^\/mgmt\/tm\/transaction\/\d+$/.test(path)) target.bigIp.transactions.age(121_000);
      return undefined;
    });
    const error = await failureOf(edge.bring(fresh));
    forget();
    expect(error.message).toContain("unable to find transaction");
    expect(await target.served()).toBe(old.fingerprintSha256);
    expect(target.leftovers()).toEqual([]);
  });

  test("what validation refuses is never switched to, in the BIG-IP's own words", async () => {
    await edge.bring(old);
    const reloads = target.reloads();
    const { bigIp, profile } = target;
    // Somebody binds a second key of the same type in between.
    const forget = bigIp.intercept(({ method, path }) => {
      if (method !== "PATCH" || !path.startsWith("/mgmt/tm/transaction/")) return undefined;
      const entries = [...bigIp.configuration.keys.keys()].filter((key) => key.startsWith(`${profile}-`));
      const broken = entries.at(-1) ?? "";
      bigIp.installByHand("keys", broken, old.privateKeyPem);
      return undefined;
    });
    const error = await failureOf(edge.bring(fresh));
    forget();
    expect(error.code).toBe("TargetRefused");
    expect(error.message).toContain(`01070317:3: profile ${profile}'s key and certificate do not match`);
    expect([await target.served(), target.reloads()]).toEqual([old.fingerprintSha256, reloads]);
  });
});

describe("a connection that is gone for good, from any change on", () => {
  /** The changes of a deployment; from the one with this number on none is made. */
  const bringUntil = async (material: TestMaterial, last: number): Promise<{ failed: boolean }> => {
    let changes = 0;
    const forget = target.bigIp.intercept(({ method, path }) => {
      if (method === "GET" || path.startsWith("/mgmt/shared/auth")) return undefined;
      changes += 1;
      return changes < last ? undefined : { status: 400, json: { code: 400, message: "the connection is gone" } };
    });
    const failed = await edge.bring(material).then(
      () => false,
      () => true,
    );
    forget();
    return { failed };
  };

  /** What the profile leads to; that it is what is served is seen elsewhere. */
  const bound = (): string | undefined => {
    const entries = target.bigIp.entries(target.profile);
    return target.bigIp.fingerprintOf(entries.at(-1)?.cert ?? "");
  };

  test.each(["first", "rotation"] as const)("%s: the next run goes on, or back", async (which) => {
    let failed = true;
    for (let last = 1; failed; last += 1) {
      await target.remove();
      target = await f5Fixture.create();
      edge = new F5Deployments(target);
      if (which === "rotation") await edge.bring(old);
      ({ failed } = await bringUntil(fresh, last));
      if (which === "rotation") expect([old, fresh].map((one) => one.fingerprintSha256)).toContain(bound());
      const next = last % 2 === 0 ? old : fresh;
      await edge.bring(next);
      const wanted = next.fingerprintSha256;
      expect([last, target.stored(), bound()]).toEqual([last, wanted, wanted]);
      expect(target.leftovers()).toEqual([]);
      expect(await edge.observe()).toMatchObject({ differences: [], interrupted: false });
    }
  });
});

describe("credentials", () => {
  test("a wrong password, a user without rights: an error with the fix, without the password", async () => {
    const wrong = await failureOf(edge.bring(old, { password: "not the password" }));
    expect(wrong.message).toMatch(/refused to log admin in: Authentication failed\. Check user and password/);
    expect(wrong.message).not.toContain("not the password");
    const guest = { user: "guest", password: "a guest's password" };
    const powerless = await failureOf(edge.bring(old, guest));
    expect(powerless.message).toMatch(/Authorization failed: .*The user needs the role Administrator/s);
    expect(target.left()).toBe(false);
  });

  test("a token of the program is used and left; one that has expired is named", async () => {
    const made = [...target.bigIp.tokens.keys()].length;
    const token = "PROGRAMSOWNTOKEN0123456789";
    target.bigIp.tokens.set(token, { user: "admin", expires: Date.now() + 60_000 });
    const { user: _, password: __, ...rest } = target.args;
    const withToken = (): Promise<Deployed> =>
      deploy({
        kind,
        spec: kind.parse({ ...rest, token }, "target"),
        wanted: { material: old },
        context: edge.context,
      });
    await withToken();
    expect(target.bigIp.tokens.has(token)).toBe(true);
    expect(target.bigIp.tokens.size).toBeLessThanOrEqual(made + 1);
    target.bigIp.tokens.set(token, { user: "admin", expires: Date.now() - 1 });
    const error = await failureOf(withToken());
    expect(error.message).toContain("X-F5-Auth-Token has expired.");
    expect(error.message).not.toContain(token);
  });

  test("a token that ends in the middle is made anew, and none is left behind", async () => {
    let requests = 0;
    const forget = target.bigIp.intercept(() => {
      requests += 1;
      if (requests % 7 === 0) target.bigIp.tokens.clear();
      return undefined;
    });
    await edge.bring(old);
    forget();
    expect(await target.served()).toBe(old.fingerprintSha256);
    await until("the session to be ended", () => target.bigIp.tokens.size === 0);
  });

  test("a refresh and a deletion take them from the environment, and say what is missing", async () => {
    await edge.bring(old);
    const { password: _, ...args } = target.args;
    const spec = kind.parse(args, "target");
    const error = await failureOf(kind.observe(spec, edge.context));
    expect(error.code).toBe("CredentialsMissing");
    expect(error.message).toContain("BIGIP_PASSWORD");
    await kind.withdraw(kind.parse({ ...args, onDelete: "leave" }, "target"), edge.context);
    expect((await failureOf(kind.withdraw(spec, edge.context))).code).toBe("CredentialsMissing");
    process.env.BIGIP_PASSWORD = target.bigIp.credentials.password;
    try {
      expect(await kind.observe(spec, edge.context)).toMatchObject({ differences: [], interrupted: false });
      await kind.withdraw(spec, edge.context);
    } finally {
      delete process.env.BIGIP_PASSWORD;
    }
    expect(target.left()).toBe(false);
  });
});
