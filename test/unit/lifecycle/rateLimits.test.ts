import fc from "fast-check";
import { day, hour } from "../../../sdk/duration";
import { describeWait, forecastOrders } from "../../../sdk/lifecycle/orderForecast";
import { type OrderSituation, type PastOrder, type PlannedOrder, queueOrders } from "../../../sdk/lifecycle/orderQueue";
import { type OrderKind, type RateLimits, limitsOf, limitsUsed } from "../../../sdk/lifecycle/rateLimits";
import { type RegisteredDomain, registeredDomains } from "../../../sdk/lifecycle/registeredDomain";

const now = Date.UTC(2027, 0, 1);
const minute = 60_000;
let domainOf: RegisteredDomain;
beforeAll(async () => (domainOf = await registeredDomains()));

const plan = (resource: string, names: string[], more: Partial<PlannedOrder> = {}): PlannedOrder => ({
  resource,
  names,
  kind: "new",
  ...more,
});
const many = (count: number, domain = "example.com", more: Partial<PlannedOrder> = {}): PlannedOrder[] =>
  Array.from({ length: count }, (_, each) =>
    plan(`web-${String(each).padStart(4, "0")}`, [`web-${each}.${domain}`], more),
  );
const situation = (planned: readonly PlannedOrder[], more: Partial<OrderSituation> = {}): OrderSituation => ({
  planned,
  past: [],
  limits: limitsOf("letsencrypt"),
  domainOf,
  now,
  ...more,
});

describe("the registered domain of a name", () => {
  it.each([
    ["www.example.com", "example.com"],
    ["*.example.com", "example.com"],
    ["EXAMPLE.com", "example.com"],
    ["new.blog.example.co.uk", "example.co.uk"],
    ["a.b.github.io", "b.github.io"],
    ["github.io", "github.io"],
    ["co.uk", "co.uk"],
    ["web.internal", "web.internal"],
    ["localhost", "localhost"],
    ["xn--bcher-kva.example.com", "example.com"],
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ])("%s counts as %s", (name, expected) => expect(domainOf(name)).toBe(expected));
});

describe("the limits of a directory", () => {
  test("are those that Let's Encrypt publishes", () => {
    const { orders, domain, names } = limitsOf("letsencrypt");
    expect({ orders, domain, names }).toEqual({
      orders: { count: 300, per: 3 * hour },
      domain: { count: 50, per: 7 * day },
      names: { count: 5, per: 7 * day },
    });
    // What comes back: one order in 36 s, one certificate of a domain in 202 min, one of the same names in 34 h.
    expect(orders!.per / orders!.count).toBe(36_000);
    expect(Math.round(domain!.per / domain!.count / minute)).toBe(202);
    expect(Math.round(names!.per / names!.count / hour)).toBe(34);
  });
  test("are none where none are published", () => {
    expect(limitsOf("https://ca.test/directory")).toEqual({});
    expect(limitsOf("constructor")).toEqual({});
  });
  test("are what the user knows better, and the stack's share of it", () => {
    expect(limitsOf("letsencrypt", { domain: { count: 200, per: "7d" }, orders: false }, 0.25)).toEqual({
      domain: { count: 50, per: 7 * day },
      names: { count: 1, per: 7 * day },
    });
    expect(limitsOf("google", { orders: { count: 100, per: "1h" } })).toEqual({
      orders: { count: 100, per: hour },
      countsRenewals: true,
    });
  });
  test("are those of the CA, also by the URL of its directory", () => {
    expect(limitsOf("https://acme-v02.api.letsencrypt.org/directory")).toEqual(limitsOf("letsencrypt"));
  });
  it.each([0, -1, 1.1, NaN])("a share of %d is refused", (share) => {
    expect(() => limitsOf("letsencrypt", {}, share)).toThrow(/^rateBudget\.share: /);
  });
  test("that cannot be are refused", () => {
    expect(() => limitsOf("x", { domain: { count: 0, per: "7d" } })).toThrow(
      "rateLimits.domain.count: 0 is no number of orders.",
    );
    expect(() => limitsOf("x", { domain: { count: 5, per: "a week" } })).toThrow("rateLimits.domain.per");
    expect(() => limitsOf("x", { certificates: { count: 5, per: "7d" } } as object)).toThrow(
      "rateLimits.certificates: is no limit that is looked at.",
    );
  });
});

describe("what an order counts against", () => {
  const used = (kind: OrderKind, names: string[]): string[] =>
    limitsUsed({ names, kind }, limitsOf("letsencrypt"), domainOf).map(({ key }) => key);
  test("a new one all, each registered domain once", () => {
    expect(used("new", ["b.example.com", "a.example.com", "A.example.com", "example.org"])).toEqual([
      "names a.example.com b.example.com example.org",
      "domain example.com",
      "domain example.org",
      "orders",
    ]);
  });
  test("another one for the same names only that of the same names", () => {
    expect(used("renewal", ["a.example.com"])).toEqual(["names a.example.com"]);
  });
  test("another one for the same names all, at a CA that exempts nothing", () => {
    const limits = limitsOf("https://ca.test/directory", { domain: { count: 3, per: "7d" } });
    expect(limitsUsed({ names: ["a.example.com"], kind: "renewal" }, limits, domainOf)).toHaveLength(1);
    expect(limitsUsed({ names: ["a.example.com"], kind: "suggested" }, limits, domainOf)).toHaveLength(0);
  });
  test("a renewal that the CA suggested nothing", () => expect(used("suggested", ["a.example.com"])).toEqual([]));
});

describe("which orders go", () => {
  test("the least life left first, then by name, first certificates last", () => {
    const planned = [
      plan("new", ["n.example.com"]),
      plan("later", ["l.example.com"], { notAfter: now + 20 * day }),
      plan("b", ["b.example.com"], { notAfter: now + 2 * day }),
      plan("a", ["a.example.com"], { notAfter: now + 2 * day }),
      plan("expired", ["e.example.com"], { notAfter: now - day }),
    ];
    expect(queueOrders(situation(planned)).go.map(({ resource }) => resource)).toEqual([
      "expired",
      "a",
      "b",
      "later",
      "new",
    ]);
  });

  test("340 orders of one account: 300 at once, the last after 24 minutes", () => {
    const planned = Array.from({ length: 340 }, (_, each) => plan(`r${each}`, [`www.domain-${each}.com`]));
    const { go, waiting } = queueOrders(situation(planned));
    expect(go).toHaveLength(300);
    expect(waiting.map(({ at }) => at - now)).toEqual(Array.from({ length: 40 }, (_, each) => (each + 1) * 36_000));
    expect(queueOrders(situation(planned, { patience: 2 * minute })).go).toHaveLength(303);
    expect(queueOrders(situation(planned, { patience: 24 * minute })).waiting).toHaveLength(0);
  });

  test("60 names of one domain: 50 at once, the others day by day, and another domain is not held up", () => {
    const other = plan("zzz", ["www.example.org"]);
    const { go, waiting } = queueOrders(situation([...many(60), other]));
    expect(go).toHaveLength(51);
    expect(go.at(-1)).toBe(other);
    expect(waiting.map(({ at }) => at - now)).toEqual(
      Array.from({ length: 10 }, (_, each) => ((each + 1) * 7 * day) / 50),
    );
    expect(waiting[0]!.limit.label).toBe("example.com");
  });

  test("what the stack ordered in the last days counts, and comes back with time", () => {
    const past = (age: number, kind: OrderKind = "new"): PastOrder[] =>
      Array.from({ length: 50 }, (_, each) => ({ at: now - age, names: [`old-${each}.example.com`], kind }));
    const going = (all: readonly PastOrder[]): number => queueOrders(situation(many(50), { past: all })).go.length;
    expect(going(past(0))).toBe(0);
    expect(going(past(3.5 * day))).toBe(25);
    expect(going(past(7 * day))).toBe(50);
    expect(going(past(0, "renewal"))).toBe(50);
    expect(going(past(0, "suggested"))).toBe(50);
  });

  test("the same names a sixth time wait 34 hours, unless the CA suggested it", () => {
    const past: PastOrder[] = Array.from({ length: 5 }, () => ({ at: now, names: ["a.example.com"], kind: "new" }));
    const again = (kind: OrderKind) => queueOrders(situation([plan("a", ["A.example.com"], { kind })], { past }));
    expect(again("renewal").waiting).toMatchObject([
      { at: now + (7 * day) / 5, limit: { label: "the same name a.example.com" } },
    ]);
    expect(again("suggested").go).toHaveLength(1);
  });

  test("an order that waits for its domain takes nothing from the account", () => {
    const full: PastOrder[] = Array.from({ length: 50 }, () => ({ at: now, names: ["x.example.com"], kind: "new" }));
    const limits: RateLimits = { ...limitsOf("letsencrypt", { names: false }), orders: { count: 60, per: 3 * hour } };
    const planned = [
      ...many(40, "example.com", { notAfter: now }),
      ...many(10, "example.org", { notAfter: now + day }),
    ];
    const { go, waiting } = queueOrders(situation(planned, { past: full, limits }));
    expect(go).toHaveLength(10);
    expect(waiting).toHaveLength(40);
  });

  test("is decided by rules that hold in every situation", () => {
    const names = fc.array(fc.constantFrom("a.example.com", "b.example.com", "c.example.org", "d.test.net"), {
      minLength: 1,
    });
    const kind = fc.constantFrom<OrderKind>("new", "renewal", "suggested");
    const limit = fc.record({ count: fc.integer({ min: 1, max: 7 }), per: fc.integer({ min: 1_000, max: 7 * day }) });
    fc.assert(
      fc.property(
        fc.array(fc.record({ names, kind, notAfter: fc.integer({ min: now - day, max: now + 9 * day }) }), {
          maxLength: 30,
        }),
        fc.array(fc.record({ names, kind, at: fc.integer({ min: now - 8 * day, max: now }) }), { maxLength: 20 }),
        fc.record({ orders: limit, domain: limit, names: limit }, { requiredKeys: [] }) as fc.Arbitrary<RateLimits>,
        fc.integer({ min: 0, max: 5 * minute }),
        (orders, past, limits, patience) => {
          const planned = orders.map((order, each) => ({ ...order, resource: `r${each}` }));
          const { go, waiting } = queueOrders(situation(planned, { past, limits, patience }));
          // Nobody is lost, and nobody goes twice.
          expect([...go, ...waiting.map(({ order }) => order)].map(({ resource }) => resource).sort()).toEqual(
            planned.map(({ resource }) => resource).sort(),
          );
          for (const { order, at } of waiting) {
            expect(at).toBeGreaterThan(now + patience);
            expect(order.kind).not.toBe("suggested");
          }
          // No limit is passed: not more than what it holds and what comes back meanwhile.
          const used = new Map<string, number>();
          for (const order of go) {
            for (const { key, limit: most } of limitsUsed(order, limits, domainOf)) {
              used.set(key, (used.get(key) ?? 0) + 1);
              expect(used.get(key)).toBeLessThanOrEqual(most.count + Math.ceil((patience / most.per) * most.count));
            }
          }
          // In one queue for one limit, nobody with more life left goes before one that waits.
          if (limits.domain === undefined && limits.names === undefined) {
            const last = Math.max(...go.filter((order) => order.kind === "new").map((order) => order.notAfter!));
            for (const { order } of waiting) expect(order.notAfter).toBeGreaterThanOrEqual(last);
          }
        },
      ),
    );
  });
});

describe("the forecast of a preview", () => {
  test("says how many orders, and how full the limits are", () => {
    expect(forecastOrders("letsencrypt", situation(many(34)))).toEqual([
      "34 orders on letsencrypt: example.com 34 of 50 this week",
    ]);
    expect(forecastOrders("letsencrypt", situation(many(1)))).toEqual([
      "1 order on letsencrypt: example.com 1 of 50 this week",
    ]);
    expect(forecastOrders("letsencrypt", situation([]))).toEqual([]);
    expect(forecastOrders("google", situation(many(34), { limits: {} }))).toEqual(["34 orders on google"]);
  });

  test("counts the orders of the last week, and not those before", () => {
    const past: PastOrder[] = [1, 2, 6.9, 7, 8].map((days) => ({
      at: now - days * day,
      names: ["old.example.com"],
      kind: "new",
    }));
    expect(forecastOrders("letsencrypt", situation(many(2), { past }))).toEqual([
      "2 orders on letsencrypt: example.com 5 of 50 this week",
    ]);
  });

  test("names the fullest domains, and what is not counted", () => {
    const planned = [
      ...many(3, "a.com"),
      ...many(5, "b.com"),
      ...many(1, "c.com"),
      ...many(2, "d.com"),
      ...many(4, "e.com", { kind: "suggested" }),
    ];
    expect(forecastOrders("letsencrypt", situation(planned))).toEqual([
      "15 orders on letsencrypt: b.com 5 of 50 this week, a.com 3 of 50 this week, d.com 2 of 50 this week, 1 more, 4 renewed at the CA's own time and not counted",
    ]);
  });

  test("names the day for those that must wait", () => {
    const planned = [...many(57), plan("again", ["same.example.org"], { kind: "renewal" })];
    const past: PastOrder[] = Array.from({ length: 5 }, () => ({ at: now, names: ["same.example.org"], kind: "new" }));
    expect(forecastOrders("letsencrypt", situation(planned, { past }))).toEqual([
      "58 orders on letsencrypt: the same name same.example.org 6 of 5 this week, example.com 57 of 50 this week",
      "8 orders on letsencrypt must wait: web-0050, web-0051, web-0052, 4 more until 2027-01-01 (example.com); again until 2027-01-02 (the same name same.example.org)",
    ]);
  });

  test("says of each that waits until when, and for what", () => {
    const [first] = queueOrders(situation(many(51))).waiting;
    expect(describeWait("letsencrypt", first!)).toBe(
      "The limit of letsencrypt for example.com, 50 in 7d, lets the order through on 2027-01-01.",
    );
  });
});
