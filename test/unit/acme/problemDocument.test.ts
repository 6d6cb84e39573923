import { describeProblem, readProblem } from "../../../sdk/acme/problemDocument";

describe("a problem document", () => {
  it("keeps what there is, and nothing that is no part of it", () => {
    expect(readProblem({ type: "urn:acme:error:dns", detail: "NXDOMAIN", status: 400, other: 1 }, 0)).toEqual({
      type: "dns",
      detail: "NXDOMAIN",
      status: 400,
      subproblems: [],
    });
    expect(readProblem({ type: "about:blank", title: "Bad Gateway" }, 502)).toMatchObject({
      type: "",
      detail: "Bad Gateway",
      status: 502,
    });
    for (const nonsense of [undefined, null, "<html>", 7, [], { type: 1, detail: {}, subproblems: "x", identifier: 3 }])
      expect(readProblem(nonsense, 500)).toEqual({ type: "", detail: "", status: 500, subproblems: [] });
  });

  it("is bounded: in length, depth and number, without control characters or keys", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----";
    const { detail } = readProblem({ detail: `line\u001b[31m one\n${key} ${"x".repeat(5_000)}` }, 400);
    for (const part of ["MIGHAgEA", "\u001b", "\n"]) expect(detail).not.toContain(part);
    expect(detail.length).toBeLessThan(700);
    let deep: object = { detail: "innermost" };
    for (let level = 0; level < 50; level++) deep = { detail: "level", subproblems: [deep] };
    expect(describeProblem(readProblem(deep, 400))).not.toContain("innermost");
    const many = { subproblems: Array.from({ length: 10_000 }, () => ({ detail: "x" })) };
    expect(readProblem(many, 400).subproblems.length).toBeLessThanOrEqual(100);
  });

  it("is shown with the status when the server says nothing", () => {
    expect(describeProblem(readProblem("", 504))).toBe("HTTP status 504");
  });
});
