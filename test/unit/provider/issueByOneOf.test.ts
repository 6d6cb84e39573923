import { AcmeError } from "../../../sdk/acme/problem";
import { day } from "../../../sdk/duration";
import { CertificatesError } from "../../../sdk/errors";
import { OrderPending } from "../../../sdk/issuers/issuer";
import { issueByOneOf } from "../../../sdk/provider/issueByOneOf";

const now = Date.UTC(2027, 0, 1);
const orderOf = (name: string): { orderUrl: string; csrDer: string } => ({ orderUrl: `https://${name}/1`, csrDer: "" });

/** Two public issuers whose failures are given; the certificate in use is far from its end or not there. */
async function failing(failures: Record<string, unknown>, notAfter?: number): Promise<any> {
  const candidates = Object.keys(failures).map((name) => ({
    ...{ name, trust: "public" as const, view: undefined, credentials: {} },
    directory: `https://${name}-${Math.random()}.example`,
  }));
  const plan = { duration: 90 * day, renewBefore: 30 * day, jitter: 0 };
  const situation = { candidates, plan, now, cadence: day, ...(notAfter !== undefined && { notAfter }) };
  return issueByOneOf(situation, ({ name }) => Promise.reject(failures[name] as Error)).catch(
    (error: unknown) => error,
  );
}

const limited = (days: number): AcmeError =>
  new AcmeError(`Come again in ${days} d.`, "retryLater", { retryAt: now + days * day });

describe("when no issuer serves", () => {
  test("the error of a single one is its own", async () => {
    const error = limited(3);
    expect(await failing({ first: error })).toBe(error);
  });

  test("the next attempt is when the first of all that were asked may be asked again", async () => {
    expect((await failing({ first: limited(5), second: limited(2) })).details.retryAt).toBe(now + 2 * day);
    expect((await failing({ first: limited(5), second: limited(2) }, now + 25 * day)).details.retryAt).toBe(
      now + 5 * day,
    );
  });

  test("it is soon if one of them did not say when", async () => {
    const error = await failing({ first: limited(5), second: new AcmeError("Down.", "retryLater") });
    expect(CertificatesError.is(error) && error.message).toBe(
      "first: Come again in 5 d. second: Down. No other issuer was asked: no other fallback issuer may be asked.",
    );
    expect(error).not.toHaveProperty("details");
  });

  test("the order that is left of the first that has one is kept", async () => {
    const left = (name: string): OrderPending => new OrderPending(limited(1), orderOf(name));
    const error = await failing({
      first: new AcmeError("Down.", "retryLater"),
      second: left("second"),
      third: left("third"),
    });
    expect(error).toMatchObject({ pending: orderOf("second") });
  });
});
