import type { Challenge } from "../acme/challenge";
import { type ExecSolver, type ExecSpec, exec, parseExec } from "./exec";
import { certbotEnvironment } from "./execDns01";
import { assertPrograms, runScript } from "./execRun";
import { onceDone } from "./onceDone";
import { type SolverContext, defineSolver } from "./solver";

/** Removing goes on when the run has no time left for anything else. */
const removalTime = 30_000;

function environmentOf({ identifier, keyAuthorization, token }: Challenge): Record<string, string> {
  return { ...certbotEnvironment(identifier.value, keyAuthorization), CERTBOT_TOKEN: token };
}

async function cleanUp(spec: ExecSpec, challenge: Challenge, output: string, context: SolverContext): Promise<void> {
  if (spec.cleanup === undefined) return;
  const environment = { ...environmentOf(challenge), CERTBOT_AUTH_OUTPUT: output };
  const own = { signal: AbortSignal.timeout(removalTime), report: (line: string) => context.report(line) };
  await runScript(spec, { command: spec.cleanup, environment }, own);
}

/** http-01 by a script, for a web server on another host. */
export const execHttp01 = defineSolver<ExecSpec, ExecSolver>({
  kind: "exec",
  challenge: "http-01",
  factory: exec,
  secrets: ["environment"],
  parse: (value, property) => parseExec(["certbot"], false, value, property),
  preflight: (spec) => assertPrograms(spec),
  async present(spec, challenge, context) {
    const call = { command: spec.command, environment: environmentOf(challenge) };
    const output = (await runScript(spec, call, context)).trim();
    return { ready: () => Promise.resolve(), remove: onceDone(() => cleanUp(spec, challenge, output, context)) };
  },
  removeLeftover: (spec, challenge, context) => cleanUp(spec, challenge, "", context),
});
