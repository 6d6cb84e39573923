import { configureClock, currentRun } from "../../../sdk/provider/clock";
import { day } from "../../../sdk/duration";

const configured = (config: Record<string, string> = {}): void => configureClock((key) => config[key]);

afterEach(() => {
  delete process.env.PULUMI_CERTIFICATES_NOW;
  configured();
});

test("a run decides as of now, and comes daily unless the stack says otherwise", () => {
  configured();
  const before = Date.now();
  const { now, cadence, dryRun } = currentRun(true);
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
  expect({ cadence, dryRun }).toEqual({ cadence: day, dryRun: true });
  configured({ "certificates:cadence": "6h" });
  expect(currentRun(false)).toMatchObject({ cadence: day / 4, dryRun: false });
});

test.each([
  ["2027-03-01", "2027-03-01T00:00:00Z"],
  ["2027-03-01T08:00:00Z", "2027-03-01T08:00:00Z"],
  ["2027-03-01T08:00:00+02:00", "2027-03-01T06:00:00Z"],
])("a preview can be as of %s", (value, instant) => {
  configured();
  process.env.PULUMI_CERTIFICATES_NOW = value;
  expect(currentRun(true).now).toBe(Date.parse(instant));
  expect(() => currentRun(false)).toThrow(expect.objectContaining({ code: "TimeTravelRefused" }));
});

test("an up can be only where the stack says so, in one word", () => {
  process.env.PULUMI_CERTIFICATES_NOW = "2027-03-01";
  for (const value of ["false", "1", "yes", "TRUE"]) {
    configured({ "certificates:allowTimeTravel": value });
    expect(() => currentRun(false)).toThrow("pulumi config set certificates:allowTimeTravel true");
  }
  configured({ "certificates:allowTimeTravel": "true" });
  expect(currentRun(false).now).toBe(Date.UTC(2027, 2, 1));
});

test("an empty time is none, one that cannot be read is an error", () => {
  configured();
  process.env.PULUMI_CERTIFICATES_NOW = "";
  expect(currentRun(false).now).toBeGreaterThan(0);
  process.env.PULUMI_CERTIFICATES_NOW = "in March";
  expect(() => currentRun(true)).toThrow('PULUMI_CERTIFICATES_NOW: "in March" is not a date. Use a day or an RFC 3339');
});

test("a cadence that cannot be read is an error in each run, until it is corrected", () => {
  configured({ "certificates:cadence": "daily" });
  for (let run = 0; run < 2; run += 1) {
    expect(() => currentRun(true)).toThrow('the stack configuration certificates:cadence: "daily" is not a duration.');
  }
  configured({ "certificates:cadence": "1d" });
  expect(currentRun(true).cadence).toBe(day);
});
