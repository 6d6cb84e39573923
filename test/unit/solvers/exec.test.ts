import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exec } from "../../../sdk/solvers/exec";
import { execDns01 } from "../../../sdk/solvers/execDns01";
import { execHttp01 } from "../../../sdk/solvers/execHttp01";
import { scriptFolder } from "../../support/solvers/exec";
import { testChallenge } from "../../support/solvers/fixture";
import { until } from "../../support/until";
import { startZoneServer, type ZoneServer } from "../../support/solvers/zoneServer";

const context = { signal: new AbortController().signal, report: () => undefined };
const challenge = testChallenge("dns-01", "web.example.com");
let zone: ZoneServer;
const folders: string[] = [];
beforeAll(async () => (zone = await startZoneServer(["example.com"], () => [])));
afterAll(() => zone.close());
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const dns = () => ({ resolvers: [zone.address], nameServers: [zone.address], checkPropagation: false });
const scripts = (style: Parameters<typeof scriptFolder>[0]) => {
  const made = scriptFolder(style);
  folders.push(made.folder);
  return made;
};
/** A script of the style of lego. */
const script = (text: string): string[] => {
  const { folder } = scripts("lego");
  const path = join(folder, "script.sh");
  writeFileSync(path, `#!/bin/sh -eu\n${text}\n`, { mode: 0o755 });
  return [path];
};

test("a script gets what lego gives it, nothing of Pulumi's environment, and no shell reads it", async () => {
  process.env.SECRET_OF_PULUMI = "1";
  const { folder } = scripts("lego");
  const seen = join(folder, "seen");
  const command = [...script('{ printf "<%s>" "$@"; echo; env; } > "$SEEN"'), "first; rm -rf /", "$HOME"];
  const args = exec({ style: "lego", command, environment: { SEEN: seen }, ...dns() });
  const { remove } = await execDns01.present(execDns01.parse(args, "solver"), challenge, context);
  const [line, ...environment] = readFileSync(seen, "utf8").trim().split("\n");
  expect(line).toBe(`<first; rm -rf /><$HOME><present><_acme-challenge.web.example.com.><${challenge.digest}>`);
  expect(environment.map((each) => each.split("=")[0]).sort()).toEqual(["LANG", "PATH", "PWD", "SEEN"]);
  await remove();
  expect(readFileSync(seen, "utf8")).toContain("<cleanup><_acme-challenge.web.example.com.>");
  delete process.env.SECRET_OF_PULUMI;
});

test("a hook of certbot that cleans up gets what the first one wrote", async () => {
  const { args, records } = scripts("certbot");
  const spec = execDns01.parse({ ...args, ...dns() }, "solver");
  await (await execDns01.present(spec, challenge, context)).remove();
  expect(readFileSync(`${records}.said`, "utf8")).toBe("record of web.example.com\n");
});

test("a hook for http-01 gets the token and the key authorization", async () => {
  const { folder } = scripts("lego");
  const seen = join(folder, "seen");
  const command = script('echo "$CERTBOT_DOMAIN $CERTBOT_TOKEN $CERTBOT_VALIDATION" > "$SEEN"');
  const args = exec({ style: "certbot", command, environment: { SEEN: seen } });
  const http = testChallenge("http-01", "web.example.com");
  const { remove } = await execHttp01.present(execHttp01.parse(args, "solver"), http, context);
  expect(readFileSync(seen, "utf8")).toBe(`web.example.com ${http.token} ${http.keyAuthorization}\n`);
  await remove();
});

test.each(["lego", "certbot", "acme.sh"] as const)(
  "the error of a %s script that fails shows its output without the credentials",
  async (style) => {
    const { args } = scripts(style);
    const environment = { ...(args.environment as object), API_TOKEN: "correct-horse-battery" };
    const spec = execDns01.parse({ ...args, ...dns(), environment }, "solver");
    const failing = execDns01.present(spec, challenge, context);
    await expect(failing).rejects.toMatchObject({ code: "IssuanceFailed" });
    await expect(failing).rejects.toThrow(/ended with exit code \d: the token \[hidden\] is wrong/);
    await expect(failing).rejects.not.toThrow("correct-horse-battery");
  },
);

test("a script that hangs is ended after its timeout, and at once when the run is stopped", async () => {
  const { folder } = scripts("lego");
  const started = join(folder, "started");
  const command = script('[ "$1" = cleanup ] || { : > "$STARTED"; sleep 60; }');
  const specWith = (timeout: string) =>
    execDns01.parse(exec({ style: "lego", command, timeout, environment: { STARTED: started }, ...dns() }), "solver");
  await expect(execDns01.present(specWith("1s"), challenge, context)).rejects.toThrow("did not end within 1 s");
  rmSync(started);
  const controller = new AbortController();
  const presenting = execDns01.present(specWith("1h"), challenge, { ...context, signal: controller.signal });
  const stopped = expect(presenting).rejects.toThrow("the run is stopped");
  await until("the script", () => existsSync(started));
  controller.abort(new Error("the run is stopped"));
  await stopped;
});

test("a program that is not there is reported before the order", async () => {
  const spec = execDns01.parse(exec({ style: "lego", command: ["/no/such/script"], ...dns() }), "solver");
  await expect(execDns01.preflight!(spec, ["web.example.com"], context)).rejects.toThrow(
    "/no/such/script cannot be run: ENOENT. Install it",
  );
  await expect(execDns01.present(spec, challenge, context)).rejects.toThrow("/no/such/script could not be started");
});

test("a script of acme.sh must be one by its name", () => {
  const named = exec({ style: "acme.sh", command: ["/root/.acme.sh/acme.sh"] });
  expect(() => execDns01.parse(named, "solver")).toThrow(/names no script of acme\.sh.*dnsapi\/dns_cf\.sh/);
});
