import { isIP } from "node:net";
import { invalidArgument } from "../../errors";
import type { F5Access } from "./access";

/** An `f5` target as it was described. */
export interface F5Spec extends F5Access {
  /** The profile's full path. */
  readonly clientSslProfile: string;
  /** Where its objects are made. */
  readonly partition: string;
  /** What they are called, and the entry of the profile. */
  readonly name: string;
  readonly takeOver: boolean;
  readonly onDelete: "leave" | "remove";
}

export const f5ArgNames = [
  "address",
  "user",
  "password",
  "token",
  "loginProvider",
  "caBundlePem",
  "clientSslProfile",
  "partition",
  "name",
  "takeOver",
  "onDelete",
] as const;

export function parseF5(value: unknown, property: string): F5Spec {
  if (typeof value !== "object" || value === null) throw invalidArgument(property, "is no target.", "Use f5({ … }).");
  for (const name of Object.keys(value)) {
    if (name === "kind" || (f5ArgNames as readonly string[]).includes(name)) continue;
    throw invalidArgument(`${property}.${name}`, "unknown property.", `f5 has ${f5ArgNames.join(", ")}.`);
  }
  const given = value as Record<string, unknown>;
  const at = (name: string): string => `${property}.${name}`;
  const clientSslProfile = parseProfile(given.clientSslProfile, at("clientSslProfile"));
  const [, partition = "", ...rest] = clientSslProfile.split("/");
  const { token, password, takeOver = false, onDelete = "leave" } = given;
  if (token !== undefined && password !== undefined)
    throw invalidArgument(at("token"), "stands beside a password.", "Give a token, or user and password.");
  if (typeof takeOver !== "boolean")
    throw invalidArgument(at("takeOver"), `${shown(takeOver)} is neither true nor false.`, "Use true or false.");
  if (onDelete !== "leave" && onDelete !== "remove")
    throw invalidArgument(at("onDelete"), `${shown(onDelete)} is not known.`, 'Use "leave" or "remove".');
  const user = parseText(given.user, at("user"));
  const caBundlePem = parseText(given.caBundlePem, at("caBundlePem"));
  return {
    address: parseAddress(given.address, at("address")),
    ...(user !== undefined && { user }),
    ...credential("password", password, at("password")),
    ...credential("token", token, at("token")),
    ...(caBundlePem !== undefined && { caBundlePem }),
    loginProvider: parseText(given.loginProvider, at("loginProvider")) ?? "tmos",
    clientSslProfile,
    partition: parseName(given.partition, at("partition"), partition),
    name: parseName(given.name, at("name"), rest.at(-1) ?? ""),
    takeOver,
    onDelete,
  };
}

/** The data group that remembers the deployment. */
export function markObject({ partition, name }: F5Spec): string {
  return `/${partition}/pulumi-certificates.${name}`;
}

function parseAddress(value: unknown, property: string): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  const isPlain =
    url?.protocol === "https:" && `${url.username}${url.search}${url.hash}` === "" && url.pathname === "/";
  if (url !== undefined && isPlain) return url.origin;
  const fix = "Give the management address with its port, as in https://bigip.example.com or https://192.0.2.7:8443.";
  const isBare = typeof value === "string" && (isIP(value) !== 0 || /^[\w.-]+$/.test(value));
  throw invalidArgument(property, `${shown(value)} is no HTTPS URL${isBare ? "" : " of a host alone"}.`, fix);
}

function parseProfile(value: unknown, property: string): string {
  if (typeof value === "string" && /^(\/[A-Za-z_][\w.-]*){2,}$/.test(value) && value.length <= 255) return value;
  const fix = "Give the full path of a client SSL profile, as in /Common/clientssl-web.";
  throw invalidArgument(property, `${shown(value)} is no full path.`, fix);
}

/** The names of files get a fingerprint and an ending; BIG-IP takes 255 characters. */
function parseName(value: unknown, property: string, fallback: string): string {
  const name = value ?? fallback;
  if (typeof name === "string" && /^[A-Za-z_][\w.-]{0,99}$/.test(name)) return name;
  const fix = "Begin with a letter or _, go on with letters, digits and . _ -, up to 100 characters.";
  throw invalidArgument(property, `${shown(name)} is no name for objects of a BIG-IP.`, fix);
}

function parseText(value: unknown, property: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && value !== "") return value;
  throw invalidArgument(property, `${shown(value)} is no text.`, "Give a text, or leave it out.");
}

/** A credential; of one that is wrong nothing is shown. */
function credential(name: "password" | "token", value: unknown, property: string): Partial<F5Access> {
  if (value === undefined) return {};
  if (typeof value === "string" && value !== "" && !/[\r\n\0]/.test(value)) return { [name]: value };
  throw invalidArgument(property, "is empty or no text of one line.", 'Use a secret: config.requireSecret("bigip").');
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}
