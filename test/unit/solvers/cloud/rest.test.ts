import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AcmeError } from "../../../../sdk/acme/problem";
import { type RestService, rest } from "../../../../sdk/solvers/cloud/rest";
import type { SolverContext } from "../../../../sdk/solvers/solver";

interface Scripted {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

describe("a service with a JSON API", () => {
  const done: Scripted = { status: 200, body: '{"id":7}' };
  const busy: Scripted = { status: 429, headers: { "retry-after": "3600" } };
  let server: Server;
  /** What the server answers, the last one again and again. */
  let script: Scripted[];
  let answered: number;
  let said: string[];

  beforeEach(async () => {
    answered = 0;
    said = [];
    server = createServer((_request, response) => {
      const { status, headers = {}, body = "" } = script[Math.min(answered++, script.length - 1)] ?? done;
      if (status === 0) return void response.destroy();
      response.writeHead(status, headers).end(body);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = (
    signal = new AbortController().signal,
    report: SolverContext["report"] = (line) => void said.push(line),
  ) => {
    const service: RestService = {
      name: "Example DNS",
      rights: "Give it the right.",
      secrets: ["s3cret"],
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      authorization: async () => "Bearer s3cret",
      explain: (json) => (json as { message?: string } | undefined)?.message ?? "",
    };
    return rest(service, { doing: "change the record", path: "/records" }, { signal, report });
  };
  const failure = async (work: Promise<unknown>): Promise<AcmeError> => {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof AcmeError)) throw error;
    return error;
  };

  test("is asked again after its errors and lost connections", async () => {
    script = [{ status: 503, headers: { "retry-after": "0" }, body: "<html>busy</html>" }, { status: 0 }, done];
    await expect(ask()).resolves.toEqual({ status: 200, json: { id: 7 } });
    expect(answered).toBe(3);
  });

  test("that stays in trouble is asked six times", async () => {
    script = [{ status: 500, headers: { "retry-after": "0" }, body: '{"message":"s3cret broke"}' }];
    const error = await failure(ask());
    expect(error.message).toContain("Example DNS did not change the record: [hidden] broke.");
    expect(error.failureClass).toBe("retryLater");
    expect(answered).toBe(6);
  });

  test("that wants an hour is not waited for, and the error says until when", async () => {
    script = [busy];
    const error = await failure(ask());
    expect(error.message).toContain("Example DNS did not change the record: too many requests.");
    expect(error.details.retryAt).toBeGreaterThan(Date.now() + 3_500_000);
    expect([answered, said]).toEqual([1, []]);
  });

  test("that wants seconds is waited for, which is shown, and the wait ends with the run", async () => {
    script = [{ ...busy, headers: { "retry-after": "30" } }];
    const run = new AbortController();
    const report = (line: string): void => {
      said.push(line);
      run.abort();
    };
    expect((await failure(ask(run.signal, report))).message).toContain("too many requests");
    expect(said).toEqual([expect.stringMatching(/^Example DNS asks for fewer requests: waiting 3[01] s$/)]);
    expect(answered).toBe(1);
  });

  test("that refuses the credentials is asked once", async () => {
    script = [{ status: 403, body: '{"message":"not yours"}' }];
    expect((await failure(ask())).message).toMatch(/refused the credentials.*not yours/);
    expect(answered).toBe(1);
  });
});
