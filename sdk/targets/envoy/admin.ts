import { X509Certificate } from "node:crypto";
import { CertificatesError } from "../../errors";
import { failureOf } from "../../net/command";
import type { Host } from "../hosts/host";

/** Where the admin interface of an Envoy is. */
export interface AdminAddress {
  /** The program that asks it, on the host. */
  readonly curl: string;
  /** `host:port`, or the path of a Unix socket. */
  readonly admin: string;
}

const timeout = 20_000;
/** Every certificate of every TLS context is some 400 bytes of `/certs`. */
const keptOutput = 16 * 1024 * 1024;

/** The admin interface of a running Envoy, asked with GET only. */
export class EnvoyAdmin {
  constructor(
    private readonly host: Host,
    private readonly at: AdminAddress,
  ) {}

  /** As it stands in messages. */
  get name(): string {
    return `The Envoy at ${this.at.admin}`;
  }

  /**
   * What Envoy read last for the secret of a name: the PEM text of the chain, or of the roots. Empty if it has no such
   * secret; several if listeners name different sources of it.
   */
  async read(name: string): Promise<string[]> {
    const query = `resource=dynamic_active_secrets&name_regex=${name}`;
    const dump = await this.askJson<ConfigDump>(`/config_dump?${query}`);
    const secrets = (dump.configs ?? []).filter((config) => config.name === name);
    return secrets.flatMap(({ secret }) => {
      const source = secret?.tls_certificate?.certificate_chain ?? secret?.validation_context?.trusted_ca;
      return source?.inline_bytes === undefined ? [] : [Buffer.from(source.inline_bytes, "base64").toString("utf8")];
    });
  }

  /** The serial numbers of the certificates that its TLS contexts use now. */
  async serialNumbersInUse(): Promise<Set<bigint>> {
    const { certificates = [] } = await this.askJson<Certificates>("/certs");
    const leaves = certificates.flatMap(({ cert_chain: chain = [] }) => chain.slice(0, 1));
    return new Set(leaves.map((leaf) => asNumber(leaf.serial_number)));
  }

  /** How often Envoy failed to take up what it read anew, for all of these secrets since it was started. */
  async failedRotations(names: readonly string[]): Promise<number> {
    const text = await this.ask("/stats?filter=key_rotation_failed");
    const counts = names.map((name) => text.split("\n").find((line) => line.startsWith(`sds.${name}.`)));
    return counts.reduce((sum, line) => sum + Number(line?.split(": ")[1] ?? 0), 0);
  }

  private async askJson<Answer>(path: string): Promise<Answer> {
    const text = await this.ask(path);
    try {
      return JSON.parse(text) as Answer;
    } catch (error) {
      const problem = `${this.name} answered to ${path} with something that is not JSON.`;
      throw new CertificatesError("DeploymentFailed", problem, { cause: error, hint: "Is that an admin interface?" });
    }
  }

  private async ask(path: string): Promise<string> {
    const { curl, admin } = this.at;
    const isSocket = admin.startsWith("/");
    const where = isSocket ? ["--unix-socket", admin, `http://envoy${path}`] : [`http://${admin}${path}`];
    const command = [curl, "-sSf", "-g", "-m", "10", ...where];
    const result = await this.host.run(command, { timeout, keptOutput });
    const failure = failureOf(command, result, { timeout });
    if (failure === undefined) return result.stdout;
    throw new Unreachable(`${this.name} did not answer: ${failure}`);
  }
}

interface Source {
  readonly inline_bytes?: string;
}

/** `envoy.admin.v3.ConfigDump`, as far as it is asked for. */
interface ConfigDump {
  readonly configs?: readonly {
    readonly name?: string;
    readonly secret?: {
      readonly tls_certificate?: { readonly certificate_chain?: Source };
      readonly validation_context?: { readonly trusted_ca?: Source };
    };
  }[];
}

/** `envoy.admin.v3.Certificates`. */
interface Certificates {
  readonly certificates?: readonly { readonly cert_chain?: readonly { readonly serial_number: string }[] }[];
}

/** Nothing answers there. */
export class Unreachable extends CertificatesError {
  constructor(message: string) {
    super("DeploymentFailed", message, {
      retryable: true,
      hint: "Does Envoy run, with this address under `admin` in its configuration, and may this user reach it?",
    });
  }
}

/** The serial number of the first certificate in a PEM text. */
export function serialNumberOf(pem: string): bigint {
  return asNumber(new X509Certificate(pem).serialNumber);
}

function asNumber(hexadecimal: string): bigint {
  return BigInt(`0x${hexadecimal}`);
}
