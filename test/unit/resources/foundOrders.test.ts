import type { ResourceHookArgs } from "@pulumi/pulumi";
import { day, formatInstant } from "../../../sdk/duration";
import { formatIssued, formatSchedule } from "../../../sdk/lifecycle/setSchedule";
import { dueMembers } from "../../../sdk/resources/dueMembers";
import { forecastOf } from "../../../sdk/resources/forecastOf";
import { foundIn, membersOfOutput } from "../../../sdk/resources/foundOrders";
import { issueTestCertificate } from "../../support/testCertificates";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const now = Date.now();
const time = { now, cadence: day };
const directory = "https://ca.test/directory";
const issuer = { kind: "acme", resource: "urn:account", directory };
const renewal = { epoch: 1, reason: "DoesNotExist" as const };

type Properties = Record<string, unknown>;

async function issued(dnsNames: string[], age: number, end: number): Promise<{ pem: string; notAfter: string }> {
  const notAfter = new Date(now + end);
  const made = await issueTestCertificate(undefined, { dnsNames, notBefore: new Date(now - age), notAfter });
  return { pem: made.certificatePem, notAfter: formatInstant(now + end) };
}

const change = (name: string, newInputs: Properties, oldOutputs?: Properties): ResourceHookArgs =>
  ({
    ...{ name, urn: `urn:${name}`, type: "pulumi-nodejs:dynamic/certificates:Certificate" },
    newInputs: { name: `shop/prod/${name}`, issuer, renewal, ...newInputs },
    ...(oldOutputs && { oldInputs: {}, oldOutputs: { spkiSha256: "key", renewal, ...oldOutputs } }),
  }) as unknown as ResourceHookArgs;

/** Why the certificate of these arguments and outputs would be ordered. */
const reason = (newInputs: Properties, oldOutputs?: Properties) =>
  foundIn(change("web", { dnsNames: ["Web.example.com"], ...newInputs }, oldOutputs), time)[0]?.reason;

describe("a certificate that a preview is about to change", () => {
  test("is ordered if it is new, unless it is taken over", () => {
    expect(foundIn(change("web", { dnsNames: ["Web.example.com", unknown] }), time)).toMatchObject([
      { resource: "web", reason: "DoesNotExist" },
    ]);
    expect(reason({ adopt: { certificatePath: "web.pem" } })).toBeUndefined();
  });

  test("is ordered if its certificate or its arguments say so, and not for another owner", async () => {
    const young = await issued(["web.example.com"], 10 * day, 80 * day);
    const old = await issued(["web.example.com"], 80 * day, 10 * day);
    const has = (certificate: typeof young, more: Properties = {}): Properties => ({
      ...{ certificatePem: certificate.pem, notAfter: certificate.notAfter, ...more },
    });
    const tomorrow = formatInstant(now + day);
    expect(reason({ owner: { team: "web" } }, has(young))).toBeUndefined();
    expect(reason({}, has(old))).toBe("Renewing");
    expect(reason({ paused: true }, has(old))).toBeUndefined();
    expect(reason({}, has(old, { nextAttemptAt: tomorrow }))).toBeUndefined();
    expect(reason({}, has(young, { revocation: {} }))).toBe("Revoked");
    expect(reason({ compromisedKeys: ["key"] }, has(young))).toBe("KeyCompromised");
    expect(reason({ renewal: { epoch: 2, reason: "RequestChanged" } }, has(young))).toBe("RequestChanged");
    expect(reason({}, { certificatePem: "" })).toBe("DoesNotExist");
    const waits = { certificatePem: "", nextAttemptAt: tomorrow };
    expect(reason({ pendingFirstIssuance: true }, waits)).toBeUndefined();
    expect(reason({}, waits)).toBe("DoesNotExist");
  });
});

describe("a set that a preview is about to change", () => {
  let inputs: Properties;
  let outputs: Properties;
  beforeAll(async () => {
    const names = ["young", "old", "tired"];
    const certificates = await Promise.all(
      names.map((name, index) => issued([`${name}.example.com`], (index + 1) * day, (index === 0 ? 80 : 1) * day)),
    );
    const entries = <Value>(of: (at: number) => Value): Record<string, Value> =>
      Object.fromEntries(names.map((name, at) => [name, of(at)]));
    const known = { epoch: 1, reason: "DoesNotExist" as const, chain: "chain", spkiSha256: "key", service: "ca" };
    outputs = {
      contentsJson: JSON.stringify({
        certificates: entries((at) => certificates[at]!.pem),
        issued: entries((at) => formatIssued({ ...known, notAfter: certificates[at]!.notAfter })),
        failures: { tired: `3 ${formatInstant(now + day)} the CA is down` },
        services: { ca: { directoryUrl: directory } },
      }),
    };
    const all = [...names, "new"];
    inputs = {
      members: JSON.stringify(Object.fromEntries(all.map((name) => [name, { dnsNames: [`${name}.example.com`] }]))),
      schedule: JSON.stringify(Object.fromEntries(all.map((name) => [name, formatSchedule(renewal)]))),
    };
  });

  test("is ordered by the members that are due", () => {
    const found = foundIn(change("fleet", inputs, outputs), time);
    expect(Object.fromEntries(found.map((one) => [one.resource, one.reason]))).toEqual({
      "fleet/young": undefined,
      "fleet/old": "Renewing",
      "fleet/tired": undefined,
      "fleet/new": "DoesNotExist",
    });
    expect(foundIn(change("fleet", { ...inputs, schedule: unknown }), time)).toEqual([]);
  });

  test("names those that are due by their certificate, and leaves to the inputs what they say", () => {
    expect(dueMembers("fleet", { ...inputs, issuer, name: "shop/prod/fleet" }, outputs)).toEqual([
      expect.stringMatching(/^old is due \[Renewing\]: due since \d{4}-\d\d-\d\d$/),
    ]);
    expect(dueMembers("fleet", { ...inputs, issuer: { kind: "certificateAuthority" } }, outputs)).toEqual([]);
  });

  test("and the other ones are past orders, as those of a set that is left as it is", async () => {
    const rateLimits = { domain: { count: 4, per: "7d" } };
    const web = (): ReturnType<typeof foundIn> => foundIn(change("web", { dnsNames: ["web.example.com"] }), time);
    const fleet = (): ReturnType<typeof foundIn> => foundIn(change("fleet", inputs, outputs), time);
    const changed = await forecastOf({ directory, rateLimits }, [web, fleet], time);
    expect(changed).toMatchObject({ isShort: true });
    expect(changed.lines[0]).toBe("3 orders on ca.test: example.com 6 of 4 this week");
    const left = (): ReturnType<typeof foundIn> => membersOfOutput("fleet", String(outputs.contentsJson));
    const { lines, isShort } = await forecastOf({ directory, rateLimits }, [web, left], time);
    expect({ lines, isShort }).toEqual({
      lines: ["1 order on ca.test: example.com 4 of 4 this week"],
      isShort: false,
    });
    expect((await forecastOf({ directory, rateLimits }, [left], time)).lines).toEqual([]);
  });
});
