import { request } from "node:http";
import { connect } from "node:net";
import { kindOfSolver } from "../../../sdk/solvers/registry";
import { standalone } from "../../../sdk/solvers/standalone";
import { freePorts } from "../freePorts";
import type { SolverFixture } from "./fixture";

/** Asks as a CA does (RFC 8555, 8.3), at an address instead of the name's own. */
export function fetchHttp(
  port: number,
  path: string,
  { host = "localhost", address = "127.0.0.1", method = "GET" } = {},
): Promise<{ status: number; body: string; type: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: address, port, path, method, headers: { host }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString("utf8"),
          type: response.headers["content-type"],
        }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** Whether something accepts connections there. */
export function listens(port: number, address = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

export const standaloneHttp01Fixture: SolverFixture = {
  kind: kindOfSolver("http01", standalone(), "solver"),
  slot: "http01",
  async create() {
    const [port = 0] = await freePorts(1);
    return {
      args: { ...standalone({ port, address: "127.0.0.1" }) },
      name: "web.example.com",
      async answers({ token, keyAuthorization, identifier }) {
        if (!(await listens(port))) return false;
        const path = `/.well-known/acme-challenge/${token}`;
        const { status, body } = await fetchHttp(port, path, { host: identifier.value });
        return status === 200 && body === keyAuthorization;
      },
      leftovers: async () => ((await listens(port)) ? ["the listener"] : []),
      close: () => Promise.resolve(),
    };
  },
  invalid: [
    [{ port: 0 }, "port"],
    [{ port: 65_536 }, "port"],
    [{ port: "80" }, "port"],
    [{ port: 80.5 }, "port"],
    [{ address: "localhost" }, "address"],
    [{ address: "10.0.0.0/8" }, "address"],
    [{ address: 7 }, "address"],
  ],
};
