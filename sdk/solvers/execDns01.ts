import { type TxtRecord, type TxtService, txtSolver } from "./dns/txtRecord";
import { type ExecSolver, type ExecSpec, exec, parseExec } from "./exec";
import { type ExecCall, acmeShCall, assertPrograms, runScript } from "./execRun";
import { defineSolver } from "./solver";

/** What certbot's hooks wrote, for the ones that clean up after them. */
const written = new Map<string, string>();
const keyOf = ({ fqdn, value }: TxtRecord): string => `${fqdn} ${value}`;

const service: TxtService<ExecSpec> = {
  async add(spec, record, context) {
    const output = await runScript(spec, await callFor(spec, "add", record), context);
    if (spec.style === "certbot") written.set(keyOf(record), output.trim());
  },
  async remove(spec, record, context) {
    if (spec.style === "certbot" && spec.cleanup === undefined) return;
    await runScript(spec, await callFor(spec, "remove", record), context);
    written.delete(keyOf(record));
  },
};

async function callFor(spec: ExecSpec, action: "add" | "remove", record: TxtRecord): Promise<ExecCall> {
  const { fqdn, value, challenge } = record;
  switch (spec.style) {
    case "lego":
      return { command: [...spec.command, action === "add" ? "present" : "cleanup", `${fqdn}.`, value] };
    case "acme.sh":
      return acmeShCall(spec, action === "add" ? "add" : "rm", fqdn, value);
    case "certbot": {
      const environment = certbotEnvironment(challenge.identifier.value, value);
      if (action === "add") return { command: spec.command, environment };
      const output = { CERTBOT_AUTH_OUTPUT: written.get(keyOf(record)) ?? "" };
      return { command: spec.cleanup ?? [], environment: { ...environment, ...output } };
    }
  }
}

/** The variables of certbot's hooks, each called for one name. */
export function certbotEnvironment(name: string, validation: string): Record<string, string> {
  return {
    CERTBOT_DOMAIN: name,
    CERTBOT_IDENTIFIER: name,
    CERTBOT_ALL_DOMAINS: name,
    CERTBOT_VALIDATION: validation,
    CERTBOT_REMAINING_CHALLENGES: "0",
  };
}

/** dns-01 by a script. Afterwards all name servers are watched until they have the record, as for every service. */
export const execDns01 = defineSolver<ExecSpec, ExecSolver>({
  kind: "exec",
  factory: exec,
  secrets: ["environment"],
  parse: (value, property) => parseExec(["lego", "certbot", "acme.sh"], true, value, property),
  preflight: (spec) => assertPrograms(spec),
  ...txtSolver(service),
});
