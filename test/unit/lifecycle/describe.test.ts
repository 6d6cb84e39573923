import { describeDue } from "../../../sdk/lifecycle/describe";
import { mayKeepOnFailure, type Reason, reasons } from "../../../sdk/lifecycle/reasons";
import { unknown } from "../../../sdk/provider/unknown";

const dates = { notAfter: "2027-03-22T08:00:00Z", dueAt: "2027-02-20T08:00:00Z", nextDueAt: "2027-04-21T08:00:00Z" };

describe("the line about a due certificate", () => {
  it.each<[string, Parameters<typeof describeDue>[0], string]>([
    [
      "by time: since when, until when, and when next",
      { name: "web", reason: "Renewing", ...dates },
      "web is due [Renewing]: due since 2027-02-20, expires 2027-03-22, next due 2027-04-21",
    ],
    [
      "expired",
      { name: "web", reason: "Expired", ...dates },
      "web has expired [Expired]: due since 2027-02-20, expires 2027-03-22, next due 2027-04-21",
    ],
    [
      "a change: the due date before does not matter",
      { name: "web", reason: "RequestChanged", ...dates },
      "web was changed in the program [RequestChanged]: expires 2027-03-22, next due 2027-04-21",
    ],
    [
      "a preview that cannot know the next date yet",
      { name: "web", reason: "Renewing", ...dates, nextDueAt: unknown },
      "web is due [Renewing]: due since 2027-02-20, expires 2027-03-22",
    ],
    [
      "a preview that cannot know whether it will have expired by then",
      { name: "web", reason: unknown, ...dates, nextDueAt: unknown },
      "web is due [Renewing]: due since 2027-02-20, expires 2027-03-22",
    ],
    [
      "the due date stays: only the chain is new",
      { name: "web", reason: "IssuerRenewed", ...dates, nextDueAt: dates.dueAt },
      "web has an issuer that was renewed: new chain, same certificate [IssuerRenewed]: expires 2027-03-22",
    ],
    [
      "after a failure",
      { name: "web", reason: "Renewing", notAfter: dates.notAfter, lastFailure: "The CA is down." },
      "web is due [Renewing]: expires 2027-03-22, tries again after: The CA is down.",
    ],
    ["nothing else known", { name: "web", reason: "DoesNotExist" }, "web was never issued [DoesNotExist]"],
    [
      "a name of Object.prototype is no reason",
      { name: "web", reason: "constructor", dueAt: "not a date", notAfter: 7 },
      "web is due [Renewing]",
    ],
  ])("%s", (_what, due, line) => {
    expect(describeDue(due)).toBe(line);
  });

  test("has words for every reason", () => {
    for (const reason of Object.keys(reasons)) {
      expect(describeDue({ name: "web", reason })).toBe(`web ${reasons[reason as Reason]} [${reason}]`);
    }
  });
});

test("a failure keeps the certificate where neither the user nor a compromise asked for another", () => {
  expect(Object.keys(reasons).filter(mayKeepOnFailure)).toEqual([
    "Revoked",
    "IssuerKeyChanged",
    "IssuerRenewed",
    "Expired",
    "Renewing",
  ]);
});
