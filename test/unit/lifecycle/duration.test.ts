import fc from "fast-check";
import { day, formatDay, formatDuration, formatInstant, hour, parseDuration } from "../../../sdk/duration";

describe("parseDuration", () => {
  it.each([
    ["1s", 1_000],
    ["15m", 900_000],
    ["36h", 36 * hour],
    ["90d", 90 * day],
    ["2w", 14 * day],
    ["1y", 365 * day],
    ["100y", 36_500 * day],
    ["1d12h", 36 * hour],
    ["1h1h", 2 * hour],
    ["007d", 7 * day],
  ])("%s", (text, milliseconds) => {
    expect(parseDuration(text, "duration")).toBe(milliseconds);
  });

  it.each([
    "",
    "90",
    "d",
    "1.5d",
    "-1d",
    "+1d",
    " 1d",
    "1d ",
    "1d 12h",
    "1D",
    "1 day",
    "1mo",
    "P90D",
    "1e3d",
    "Infinity",
    "٣d",
    "1d\n",
  ])("refuses %j", (text) => {
    expect(() => parseDuration(text, "renewBefore")).toThrow(
      `renewBefore: ${JSON.stringify(text)} is not a duration. Use whole numbers with s, m, h, d, w or y, for example "90d" or "36h".`,
    );
  });

  it.each([[90], [undefined], [null], [["90d"]], [{}]])("refuses %j, which is no text", (value) => {
    expect(() => parseDuration(value, "duration")).toThrow(
      expect.objectContaining({ code: "InvalidArgument", property: "duration" }),
    );
  });

  it.each(["0s", "0d0h", "101y", "100y1s", `${"9".repeat(400)}d`])(
    "refuses %s, outside of what is sensible",
    (text) => {
      expect(() => parseDuration(text, "duration")).toThrow("is not between 1s and 100y.");
    },
  );
});

describe("formatDuration", () => {
  it.each([
    [1_000, "1s"],
    [90_000, "90s"],
    [60_000, "1m"],
    [hour, "1h"],
    [36 * hour, "36h"],
    [day, "1d"],
    [365 * day, "365d"],
    [30 * day + 3_661_000, "30d"],
    [0, "0s"],
  ])("%d ms is %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  test("reads back as what was written, where the unit is whole", () => {
    const wholeUnits = fc.oneof(
      fc.integer({ min: 1, max: 36_500 }).map((days) => days * day),
      fc.integer({ min: 1, max: 876_000 }).map((hours) => hours * hour),
      fc.integer({ min: 1, max: 50_000_000 }).map((minutes) => minutes * 60_000),
    );
    fc.assert(
      fc.property(wholeUnits, (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds), "")).toBe(milliseconds);
      }),
    );
  });
});

test("instants are whole seconds, never later than what they stand for", () => {
  expect(formatInstant(Date.UTC(2027, 1, 20, 8, 0, 0, 999))).toBe("2027-02-20T08:00:00Z");
  expect(formatDay("2027-02-20T23:59:59Z")).toBe("2027-02-20");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0) }), (milliseconds) => {
      const read = Date.parse(formatInstant(milliseconds));
      expect(milliseconds - read).toBeGreaterThanOrEqual(0);
      expect(milliseconds - read).toBeLessThan(1_000);
    }),
  );
});
