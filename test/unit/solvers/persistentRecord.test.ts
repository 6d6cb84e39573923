import { persistentRecord, persistentRecordSolver } from "../../../sdk/solvers/persistentRecord";
import { objectionTo, persistentValue } from "../../../sdk/solvers/persistentValue";
import { testChallenge } from "../../support/solvers/fixture";
import { startZoneServer } from "../../support/solvers/zoneServer";

const now = Date.parse("2026-11-22T00:00:00Z");
const accountUrl = "https://ca.example/acct/123";
const challenge = testChallenge("dns-persist-01", "example.com", {
  issuerDomainNames: ["authority.example", "ca.example.net"],
  accountUrl,
  // The thumbprint of RFC 7638, 3.1.
  keyAuthorization: "token.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
});
const wildcard = { ...challenge, wildcard: true };
const hashPrefix = "https://ca.example/account-hash/sha-256";

test.each([
  ["the value that is proposed", persistentValue(challenge), challenge],
  ["the same for a wildcard", persistentValue(wildcard), wildcard],
  ["another of the CA's names", `ca.example.net; accounturi=${accountUrl}`, challenge],
  ["spaces, order and case", `AUTHORITY.example ;Policy=WildCard ; x=y;accountURI = ${accountUrl} `, wildcard],
  ["a time to come", `authority.example; accounturi=${accountUrl}; persistUntil=4102444800`, challenge],
  [
    "the hashed account of draft -02, 10.2",
    `authority.example; accounturi=${hashPrefix}/5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw`,
    challenge,
  ],
  [
    "the same without the domain",
    `authority.example; accounturi=${hashPrefix}/NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug`,
    challenge,
  ],
])("accepts %s", (_title, text, given) => {
  expect(objectionTo(text, given, now)).toBeUndefined();
});

test.each([
  ["another CA", `other.example; accounturi=${accountUrl}`, challenge, /is for "other.example", not for authority/],
  ["another account", `authority.example; accounturi=${accountUrl}4`, challenge, /for another account/],
  ["no account", "authority.example", challenge, /names no account/],
  ["a wildcard without its policy", persistentValue(challenge), wildcard, /lacks policy=wildcard/],
  ["a time that has passed", `${persistentValue(challenge)}; persistUntil=1721952000`, challenge, /until 2024-07-26T/],
  ["a malformed time", `${persistentValue(challenge)}; persistUntil=soon`, challenge, /malformed persistUntil/],
  ["anything else", "v=spf1 -all", challenge, /is for "v=spf1 -all"/],
])("refuses %s", (_title, text, given, reason) => {
  expect(objectionTo(text, given, now)).toMatch(reason);
});

test("says which record is missing", async () => {
  let records: string[] = [];
  const server = await startZoneServer(["example.com"], () => records);
  const args = persistentRecord({ resolvers: [server.address], nameServers: [server.address] });
  const context = { signal: new AbortController().signal, report: () => undefined };
  const present = () => persistentRecordSolver.present(persistentRecordSolver.parse(args, "solver"), wildcard, context);
  const fix = `Add this record, once and for all: _validation-persist.example.com. IN TXT "authority.example; accounturi=${accountUrl}; policy=wildcard"`;
  try {
    await expect(present()).rejects.toThrow(`${server.address} has no TXT record there. ${fix}`);
    records = [`authority.example; accounturi=${accountUrl}`];
    await expect(present()).rejects.toThrow(`the record for authority.example lacks policy=wildcard. ${fix}`);
    records.push(persistentValue(wildcard));
    await expect(present()).resolves.toBeDefined();
  } finally {
    await server.close();
  }
});
