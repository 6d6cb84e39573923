import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { CertificatesError, invalidArgument, messageOf } from "../../errors";
import { endpointName } from "../../verify/endpoint";
import { ProbeError, printable } from "../../verify/probeFailure";
import type { Vantage } from "../../verify/vantage";
import { client, parseHost } from "./hosts";
import { quote } from "./shell";
import { NotConnected } from "./sshChannels";
import { SshConnection } from "./sshConnection";
import type { SshSpec } from "./sshSpec";

/** A machine from which endpoints are asked, by its description in a program. */
export function vantageOf(from: unknown, property: string): Vantage {
  const isObject = typeof from === "object" && from !== null;
  const host = isObject ? parseHost(from, property) : undefined;
  if (host?.kind === "ssh") return new SshVantage(host);
  const given = isObject ? "local()" : JSON.stringify(from);
  throw invalidArgument(property, `${given} is no place to ask from.`, 'Use "runner" or ssh({ host, user, hostKey }).');
}

const connections = new Map<string, Promise<SshConnection>>();

/** One for each host and run; it is none of those over which files are written. */
async function connectionTo(spec: SshSpec): Promise<SshConnection> {
  const key = createHash("sha256").update(JSON.stringify(spec)).digest("base64");
  const known = connections.get(key);
  if (known !== undefined && (await known).isOpen) return known;
  const opening = SshConnection.open(spec, client(), true);
  connections.set(key, opening);
  try {
    return await opening;
  } catch (error) {
    connections.delete(key);
    throw error;
  }
}

/** Ends the connections of this process, which otherwise end with it. */
export async function closeVantages(): Promise<void> {
  const all = [...connections.values()];
  connections.clear();
  await Promise.all(all.map(async (opening) => (await opening).close()));
}

/** No name server takes longer to answer, in milliseconds. */
const lookupTimeout = 15_000;
/** Exit code of getent: there is no such name. */
const notFound = 2;

/** A host that asks endpoints for this machine: names are resolved there, and connections made from there. */
class SshVantage implements Vantage {
  readonly name: string;

  constructor(private readonly spec: SshSpec) {
    this.name = spec.name;
  }

  async resolve(address: string): Promise<string[]> {
    const connection = await this.connection();
    if (isIP(address) !== 0) return [address];
    const script = `getent ahosts ${quote(address)}`;
    const { code, stdout, timedOut, output } = await connection.run({ script, timeout: lookupTimeout });
    const lines = stdout.split("\n").map((line) => line.split(" ")[0] ?? "");
    const addresses = [...new Set(lines.filter((one) => isIP(one) !== 0))];
    if (addresses.length > 0) return addresses;
    const reason = timedOut ? "the name server did not answer" : code === notFound ? "there is no such name" : output;
    throw new ProbeError("unresolvable", `the name ${address} cannot be resolved there: ${printable(reason)}`);
  }

  async connect(address: string, port: number, signal: AbortSignal): Promise<Duplex> {
    const { channels } = await this.connection();
    try {
      return await channels.open(address, port, signal);
    } catch (error) {
      if (!(error instanceof NotConnected)) throw error;
      if (error.reason === "prohibited") throw this.prohibited(endpointName({ address, port }));
      throw this.classified(error);
    }
  }

  private async connection(): Promise<SshConnection> {
    try {
      return await connectionTo(this.spec);
    } catch (cause) {
      const message = `Nothing can be asked from ${this.name}. ${messageOf(cause)}`;
      throw new CertificatesError("Unreachable", message, { retryable: true, cause });
    }
  }

  private prohibited(endpoint: string): CertificatesError {
    return new CertificatesError(
      "Unreachable",
      `${endpoint} cannot be asked from ${this.name}: its SSH server does not let ${this.spec.user} open connections there.`,
      {
        hint: `Allow it with \`AllowTcpForwarding local\` in its sshd_config (or \`yes\`; \`PermitOpen\` and \`DisableForwarding\` may limit it too), and without \`restrict\` and \`no-port-forwarding\` at the user's key in authorized_keys.`,
      },
    );
  }

  /** The words are those of the host's operating system. */
  private classified({ message, reason }: NotConnected): ProbeError {
    const words = printable(message);
    if (reason === "lost") return new ProbeError("closed", `the SSH connection to ${this.name} was lost`);
    if (/refused/i.test(words)) return new ProbeError("refused", "connection refused: nothing listens there");
    if (/timed out/i.test(words)) return new ProbeError("timeout", "no answer to the connection attempt");
    // All that OpenSSH says of a network that the host does not know.
    const why = words === "open failed" ? "" : ` (${words})`;
    return new ProbeError("unreachable", `${this.name} has no way to the address${why}`);
  }
}
