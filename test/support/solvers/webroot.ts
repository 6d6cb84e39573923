import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindOfSolver } from "../../../sdk/solvers/registry";
import { webroot } from "../../../sdk/solvers/webroot";
import type { SolverFixture } from "./fixture";
import { fetchHttp } from "./standaloneHttp01";
import { startStaticServer } from "./staticServer";

export const webrootFixture: SolverFixture = {
  kind: kindOfSolver("http01", webroot({ path: "/srv" }), "solver"),
  slot: "http01",
  async create() {
    const path = mkdtempSync(join(tmpdir(), "webroot-"));
    writeFileSync(join(path, "index.html"), "hello");
    const server = await startStaticServer(path);
    return {
      args: { ...webroot({ path }) },
      name: "web.example.com",
      async answers({ token, keyAuthorization }) {
        const { status, body } = await fetchHttp(server.port, `/.well-known/acme-challenge/${token}`);
        return status === 200 && body === keyAuthorization;
      },
      leftovers: async () =>
        (readdirSync(path, { recursive: true }) as string[]).filter((name) => name !== "index.html"),
      async close() {
        await server.close();
        rmSync(path, { recursive: true });
      },
    };
  },
  invalid: [
    [{ path: undefined }, "path"],
    [{ path: "html" }, "path"],
    [{ path: "" }, "path"],
    [{ path: 7 }, "path"],
    [{ path: "/srv\0" }, "path"],
  ],
};
