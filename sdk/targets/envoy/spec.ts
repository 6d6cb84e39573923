import { invalidArgument } from "../../errors";
import { parseFilePath } from "../certificateAndKey";
import type { AdminAddress } from "./admin";
import type { WantedSecret } from "./rotation";
import { certificateSecret, secretFiles, trustBundleSecret } from "./secret";
import type { FileSpec, FilesSpec } from "../filesSpec";

/** An `envoy` target as it was described: the files, and the way to the running process. */
export interface EnvoySpec extends FilesSpec {
  readonly secrets: readonly Pick<WantedSecret, "name" | "holds">[];
  readonly admin?: AdminAddress;
}

type Given = Readonly<Record<string, unknown>>;

/** The target with the files that define its secrets, and how Envoy is asked about them. */
export function withSecrets(files: FilesSpec, given: Given, property: string): EnvoySpec {
  const admin = parseAdmin(given, property);
  if (files.reload !== undefined && admin === undefined) {
    const problem = "is for an Envoy that does not run yet, and without admin nobody knows whether it does.";
    throw invalidArgument(`${property}.reload`, problem, "Give admin, or leave it out: a running Envoy needs none.");
  }
  const { directory } = files;
  const { certificate, trustBundle } = parseSecretNames(given, property);
  const definitions = [definition(certificate, certificateSecret({ directory, name: certificate }))];
  const secrets: EnvoySpec["secrets"][number][] = [{ name: certificate, holds: "certificate" }];
  if (trustBundle !== undefined) {
    definitions.push(definition(trustBundle, trustBundleSecret({ directory, name: trustBundle })));
    secrets.push({ name: trustBundle, holds: "trustBundle" });
  }
  return { ...files, files: [...files.files, ...definitions], secrets, ...(admin && { admin }) };
}

function definition(name: string, text: string): FileSpec {
  return { name: secretFiles(name).definition, content: { text }, mode: 0o644 };
}

/** The names of both secrets. */
export function parseSecretNames(
  { secretName, trustBundleName }: Given,
  property: string,
): { certificate: string; trustBundle?: string } {
  const certificate = parseName(secretName, `${property}.secretName`);
  if (trustBundleName === undefined) return { certificate };
  const trustBundle = parseName(trustBundleName, `${property}.trustBundleName`);
  if (trustBundle !== certificate) return { certificate, trustBundle };
  const problem = `"${certificate}" is the certificate's secret.`;
  throw invalidArgument(`${property}.trustBundleName`, problem, "Give the roots a name of their own.");
}

function parseName(value: unknown, property: string): string {
  if (typeof value === "string" && /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(value)) return value;
  const problem = `${JSON.stringify(value) ?? "nothing"} is no name of a secret.`;
  throw invalidArgument(property, problem, "Use up to 100 letters, digits and . _ -, as in Envoy's configuration.");
}

function parseAdmin({ admin, curl = "/usr/bin/curl" }: Given, property: string): AdminAddress | undefined {
  const program = parseFilePath(curl, `${property}.curl`, "/usr/bin/curl");
  if (admin === undefined) return undefined;
  if (typeof admin === "string" && admin.startsWith("/"))
    return { curl: program, admin: parseFilePath(admin, `${property}.admin`, "/run/envoy/admin.sock") };
  if (typeof admin === "string" && /^([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/.test(admin))
    return { curl: program, admin };
  const problem = `${JSON.stringify(admin)} is neither an address with a port nor the path of a socket.`;
  throw invalidArgument(`${property}.admin`, problem, 'Give "127.0.0.1:9901", or "/run/envoy/admin.sock".');
}
