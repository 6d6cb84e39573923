import fc from "fast-check";
import { formatInstant } from "../../../sdk/duration";
import { type Reason, reasons } from "../../../sdk/lifecycle/reasons";
import { describeChanges } from "../../../sdk/lifecycle/setChanges";
import {
  formatFailed,
  formatIssued,
  formatSchedule,
  parseFailed,
  parseIssued,
  parseSchedule,
  type Schedule,
} from "../../../sdk/lifecycle/setSchedule";

const reason = fc.constantFrom(...(Object.keys(reasons) as Reason[]));
const instant = fc.integer({ min: 0, max: 4e12 }).map(formatInstant);
const word = fc.stringMatching(/^[A-Za-z0-9+/=]{1,44}$/);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

test("a member's schedule comes out of its line as it went in", () => {
  const schedules = fc
    .record({ epoch: fc.nat(), reason, dueAt: optional(instant), issuer: optional(word) })
    .map((schedule) => Object.fromEntries(Object.entries(schedule).filter(([, value]) => value !== undefined)));
  fc.assert(
    fc.property(schedules as unknown as fc.Arbitrary<Schedule>, (schedule) => {
      expect(parseSchedule(formatSchedule(schedule))).toEqual(schedule);
    }),
  );
});

test("what was issued for a member comes out of its line as it went in", () => {
  const issued = fc.record({ epoch: fc.nat(), reason, notAfter: instant, chain: word, spkiSha256: word });
  fc.assert(
    fc.property(issued, (member) => {
      expect(parseIssued(formatIssued(member))).toEqual(member);
    }),
  );
});

test("a failure comes out of its line as it went in, whatever its message says", () => {
  const failed = fc.record({ attempts: fc.nat(), nextAttemptAt: instant, lastFailure: fc.string() });
  fc.assert(
    fc.property(failed, (failure) => {
      expect(parseFailed(formatFailed(failure))).toEqual(failure);
    }),
  );
});

test("a line that was cut short is read as far as it goes", () => {
  expect(parseSchedule("3 Renewing")).toEqual({ epoch: 3, reason: "Renewing" });
  expect(parseIssued("3 Renewing")).toEqual({ epoch: 3, reason: "Renewing", notAfter: "", chain: "", spkiSha256: "" });
  expect(parseFailed("3")).toEqual({ attempts: 3, nextAttemptAt: "", lastFailure: "" });
});

describe("what a set's preview says", () => {
  const due: Schedule = { epoch: 2, reason: "Renewing", dueAt: "2027-04-21T08:00:00Z" };
  const before: Schedule = { epoch: 1, reason: "DoesNotExist", dueAt: "2027-02-20T08:00:00Z" };

  test("a line for each member: due since when and when next, or its other reason, or gone", () => {
    expect(
      describeChanges([
        { name: "api", schedule: due, previous: before },
        { name: "late", schedule: { ...due, reason: "Expired" }, previous: before },
        {
          name: "web",
          schedule: { epoch: 2, reason: "RequestChanged", dueAt: "2027-04-21T08:00:00Z" },
          previous: before,
        },
        { name: "new", schedule: { epoch: 1, reason: "DoesNotExist" } },
        { name: "old" },
      ]),
    ).toEqual([
      "api is due [Renewing]: due since 2027-02-20, next due 2027-04-21",
      "late has expired [Expired]: due since 2027-02-20, next due 2027-04-21",
      "web was changed in the program [RequestChanged]",
      "new was never issued [DoesNotExist]",
      "old was removed",
    ]);
  });

  test("names by reason, where there are many", () => {
    const many = Array.from({ length: 60 }, (_, at) => ({ name: `m${at}`, schedule: due, previous: before }));
    const lines = describeChanges([...many, { name: "gone" }]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^60 members \[Renewing\]: m0, m1, .*, m59$/);
    expect(lines[1]).toBe("1 members [Removed]: gone");
  });
});
