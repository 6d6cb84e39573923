import { CertificatesError, messageOf } from "../../errors";
import { type BigIp, hasStatus, objectPath } from "./bigIp";

/** A kind of file in BIG-IP's file store. */
export type FileKind = "ssl-cert" | "ssl-key";

/** What BIG-IP says about a file of its store. */
export interface FileObject {
  /** `SHA1:1704:…`: algorithm, size and digest of the file as it was installed. */
  readonly checksum: string;
  /** SHA-256 of a certificate in hexadecimal. */
  readonly fingerprintSha256?: string;
  /** `rsa-private`, `ec-private`, `dsa-private` of a key. */
  readonly keyType?: string;
}

const uploads = "/mgmt/shared/file-transfer/uploads";
const downloads = "/var/config/rest/downloads";
/** The worker takes no more than 1 MiB at once. */
const chunkSize = 512 * 1024;

export async function readFileObject(bigIp: BigIp, kind: FileKind, object: string): Promise<FileObject | undefined> {
  const json = await bigIp.read(`read ${object}`, objectPath(`/mgmt/tm/sys/file/${kind}`, object));
  if (json === undefined) return undefined;
  const { checksum, fingerprint, keyType } = json;
  const [, hex] = /^SHA256\/([0-9A-F:]+)$/i.exec(typeof fingerprint === "string" ? fingerprint : "") ?? [];
  return {
    checksum: typeof checksum === "string" ? checksum : "",
    ...(hex !== undefined && { fingerprintSha256: hex.replaceAll(":", "").toLowerCase() }),
    ...(typeof keyType === "string" && { keyType }),
  };
}

/**
 * Installs a text as a file object; one that is there already is left as it is. The text is uploaded to a directory of
 * the BIG-IP that administrators can read, and removed from there whatever happens.
 */
export async function installFile(bigIp: BigIp, kind: FileKind, object: string, text: string): Promise<void> {
  const install = async (): Promise<void> => {
    await sendFile(bigIp, uploadName(object), Buffer.from(text));
    await createFileObject(bigIp, kind, object);
  };
  const outcomes = await inTurn(bigIp.name, async () => [
    ...(await Promise.allSettled([install()])),
    ...(await Promise.allSettled([removeUpload(bigIp, object)])),
  ]);
  const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Error] : []));
  const [first] = failures;
  if (failures.length > 1) throw new AggregateError(failures, failures.map(messageOf).join(" Then: "));
  if (first !== undefined) throw first;
}

/** The documentation asks for one upload at a time. */
function inTurn<Result>(bigIp: string, work: () => Promise<Result>): Promise<Result> {
  const result = (turns.get(bigIp) ?? Promise.resolve()).then(work);
  turns.set(
    bigIp,
    result.catch(() => undefined),
  );
  return result;
}

/** The end of the last upload of this process, by address. */
const turns = new Map<string, Promise<unknown>>();

async function createFileObject(bigIp: BigIp, kind: FileKind, object: string): Promise<void> {
  const [, partition = "", name = ""] = object.split("/");
  try {
    await bigIp.ask({
      doing: `install ${object}`,
      path: `/mgmt/tm/sys/file/${kind}`,
      body: { name, partition, sourcePath: `file:${downloads}/${uploadName(object)}` },
      repeatable: true,
    });
  } catch (error) {
    if (!hasStatus(error, 409)) throw error;
  }
}

export function removeFileObject(bigIp: BigIp, kind: FileKind, object: string): Promise<void> {
  return bigIp.remove(`delete ${object}`, objectPath(`/mgmt/tm/sys/file/${kind}`, object));
}

/** Removes what was uploaded for an object, if it is there. */
export async function removeUpload(bigIp: BigIp, object: string): Promise<void> {
  const file = `${downloads}/${uploadName(object)}`;
  const { json } = await bigIp.ask({
    doing: `remove the uploaded file ${file}`,
    path: "/mgmt/tm/util/unix-rm",
    body: { command: "run", utilCmdArgs: file },
    repeatable: true,
  });
  const { commandResult = "" } = json as { commandResult?: string };
  if (commandResult === "" || /No such file/.test(commandResult)) return;
  throw new CertificatesError("DeploymentFailed", `${bigIp.name} did not remove ${file}: ${commandResult.trim()}.`, {
    hint: "Remove it there: it may hold a private key.",
    retryable: true,
  });
}

function uploadName(object: string): string {
  return `pulumi-certificates${object.replaceAll("/", ".")}`;
}

async function sendFile(bigIp: BigIp, name: string, content: Buffer): Promise<void> {
  for (let start = 0; start < content.length; start += chunkSize) {
    const end = Math.min(start + chunkSize, content.length);
    await bigIp.ask({
      doing: `take the upload of ${name}`,
      path: `${uploads}/${encodeURIComponent(name)}`,
      method: "POST",
      headers: { "content-range": `${start}-${end - 1}/${content.length}` },
      body: content.subarray(start, end),
      repeatable: true,
    });
  }
}
