import { classOf, refusal } from "../../../sdk/acme/classify";
import { readProblem } from "../../../sdk/acme/problemDocument";

const problem = (type: string, more: object = {}, status = 403) =>
  readProblem({ type: `urn:ietf:params:acme:error:${type}`, detail: "no", ...more }, status);

describe("the class of a problem", () => {
  it.each([
    ["badNonce", "retryNow"],
    ["orderNotReady", "retryNow"],
    ["rateLimited", "retryLater"],
    ["serverInternal", "retryLater"],
    ["connection", "newOrder"],
    ["dns", "newOrder"],
    ["tls", "newOrder"],
    ["incorrectResponse", "newOrder"],
    ["caa", "nextIssuer"],
    ["rejectedIdentifier", "nextIssuer"],
    ["unsupportedIdentifier", "nextIssuer"],
    ["unauthorized", "nextIssuer"],
    ["accountDoesNotExist", "nextIssuer"],
    ["externalAccountRequired", "nextIssuer"],
    ["userActionRequired", "nextIssuer"],
    ["invalidProfile", "nextIssuer"],
    ["badSignatureAlgorithm", "nextIssuer"],
    ["badCSR", "fatal"],
    ["badPublicKey", "fatal"],
    ["malformed", "fatal"],
  ])("%s is %s", (type, failureClass) => expect(classOf(problem(type))).toBe(failureClass));

  it("of a wrong answer to a challenge, which is unauthorized too, asks for a new order", () => {
    expect(classOf(problem("unauthorized"), true)).toBe("newOrder");
    expect(classOf(problem("caa"), true)).toBe("nextIssuer");
    expect(classOf(problem("unheardOf"), true)).toBe("newOrder");
  });

  it("with subproblems is that of the worst of them, not of what holds them together", () => {
    const sub = (type: string) => ({ type: `urn:ietf:params:acme:error:${type}`, detail: "no" });
    expect(classOf(problem("malformed", { subproblems: [sub("rejectedIdentifier"), sub("dns")] }))).toBe("nextIssuer");
    expect(classOf(problem("compound", { subproblems: [sub("dns"), sub("connection")] }))).toBe("newOrder");
    expect(classOf(problem("rejectedIdentifier", { subproblems: [sub("malformed")] }))).toBe("fatal");
  });

  it("without a type is told by the status", () => {
    expect(classOf(readProblem("<html>", 502))).toBe("retryLater");
    expect(classOf(readProblem("", 429))).toBe("retryLater");
    expect(classOf(readProblem(undefined, 404))).toBe("nextIssuer");
  });
});

describe("the error of a refusal", () => {
  it("shows the page on which a person has to act, and nothing that is no page", () => {
    const shown = (instance?: unknown) =>
      refusal("ca.example", "an order", problem("userActionRequired", { instance })).message;
    expect(shown("https://ca.example/agree?id=7")).toMatch(
      /Do what the CA asks for at https:\/\/ca\.example\/agree\?id=7, such as to agree to its current terms/,
    );
    for (const other of [undefined, "javascript:alert(1)", "https://ca.example/\u001b[2J", 7])
      expect(shown(other)).toMatch(/Do what the CA asks for in your account there/);
  });

  it("says who refused what and why, for each identifier", () => {
    const document = problem("rejectedIdentifier", {
      detail: "Some names are not allowed.\n",
      subproblems: [
        {
          type: "urn:ietf:params:acme:error:caa",
          detail: "CAA forbids it",
          identifier: { type: "dns", value: "a.example" },
        },
      ],
    });
    const error = refusal("ca.example", "an order for a.example, b.example", document);
    expect(error.message).toBe(
      "The ACME server ca.example refused an order for a.example, b.example: " +
        "Some names are not allowed (rejectedIdentifier); a.example: CAA forbids it (caa). " +
        "The CA does not issue for this name.",
    );
    expect(error).toMatchObject({ failureClass: "nextIssuer", retryable: true, details: { isIssuersFault: false } });
  });

  it("holds the server at fault for its own failures only", () => {
    const faultOf = (document: ReturnType<typeof readProblem>) => refusal("ca", "it", document).details.isIssuersFault;
    expect(faultOf(readProblem("", 503))).toBe(true);
    expect(faultOf(problem("serverInternal", {}, 500))).toBe(true);
    expect(faultOf(problem("rateLimited", {}, 429))).toBe(false);
    expect(faultOf(problem("unauthorized"))).toBe(false);
  });
});
