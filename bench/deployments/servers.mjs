// Servers of the tests for benchmarks, and what a shell script needs to reach them.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);
require("../../test/support/typescript.cjs");
const { findProgram } = require("../../test/support/program.ts");
const { startRemoteHosts } = require("../../test/support/remoteHosts.ts");
const { startSshServer } = require("../../test/support/sshServer.ts");
const { freePorts } = require("../../test/support/freePorts.ts");
const { startChild, listening } = require("../../test/support/childServer.ts");

export { findProgram, freePorts, listening, startChild, startRemoteHosts, startSshServer };

/** The first of these programs that is not there; "root" stands for running as root. */
export function missingOf(...names) {
  return names.find((name) => (name === "root" ? process.getuid?.() !== 0 : findProgram(name) === undefined));
}

/** A row that says why there is nothing in it. */
export function unmeasured(what, missing) {
  const reason = missing === "root" ? "not run as root" : `there is no ${missing}`;
  return { what, value: "", beside: `not measured: ${reason}`, ratio: "", limit: "" };
}

/** A folder that is gone when the benchmark ends. */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Options of `ssh` with which it reaches a server as the provider does: nothing of this machine's configuration. */
export function sshOptions(server, folder) {
  const name = join(folder, `${server.address}-${server.port}`);
  writeFileSync(`${name}.key`, server.privateKey, { mode: 0o600 });
  writeFileSync(`${name}.known`, `[${server.address}]:${server.port} ${server.hostKey}\n`);
  const options = { BatchMode: "yes", StrictHostKeyChecking: "yes", UserKnownHostsFile: `${name}.known` };
  const settings = Object.entries(options).map(([key, value]) => `-o ${key}=${value}`);
  return ["-F none", `-i ${name}.key`, "-o IdentitiesOnly=yes", "-o LogLevel=ERROR", ...settings].join(" ");
}

/** A CA of the openssl command line, whose certificates the scripts deploy. */
export function scriptAuthority(folder) {
  const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe", encoding: "utf8" });
  const key = (file) => openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file);
  key("ca.key");
  openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Bench Root", "-days", "3650", "-out", "ca.pem");
  return {
    /** Writes `fullchain.pem`, `privkey.pem` and `combined.pem` into a folder, and returns the SHA-256 of the certificate. */
    issue: (to, dnsName) => {
      mkdirSync(to, { recursive: true });
      const at = (name) => join(to, name);
      key(at("privkey.pem"));
      writeFileSync(at("leaf.cnf"), `subjectAltName=DNS:${dnsName}\nbasicConstraints=CA:FALSE\n`);
      openssl("req", "-new", "-key", at("privkey.pem"), "-subj", `/CN=${dnsName}`, "-out", at("leaf.csr"));
      const sign = ["x509", "-req", "-in", at("leaf.csr"), "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "90"];
      openssl(...sign, "-extfile", at("leaf.cnf"), "-out", at("fullchain.pem"));
      const [certificate, privateKey] = ["fullchain.pem", "privkey.pem"].map((name) => readFileSync(at(name), "utf8"));
      writeFileSync(at("combined.pem"), privateKey + certificate);
      for (const name of ["privkey.pem", "combined.pem"]) chmodSync(at(name), 0o600);
      return openssl("x509", "-in", at("fullchain.pem"), "-noout", "-fingerprint", "-sha256").trim().split("=")[1];
    },
  };
}
