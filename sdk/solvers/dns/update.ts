import { randomInt } from "node:crypto";
import { AcmeError } from "../../acme/problem";
import { DnsFailure, type ServerAddress, exchange, formatServer, query } from "./client";
import { classes, decodeMessage, encodeMessage, encodeText, opcodes, recordTypes, responseCodeName } from "./message";
import { isInZone, selfAndParents } from "./name";
import { type TsigKey, signMessage, verifyAnswer } from "./tsig";

/** One TXT value to add or to delete (RFC 2136, 2.5.1 and 2.5.4). */
export interface TxtChange {
  readonly change: "add" | "delete";
  readonly fqdn: string;
  readonly value: string;
}

export interface UpdateOptions {
  readonly server: ServerAddress;
  readonly zone: string;
  /** Undefined: the server allows updates by address. */
  readonly key: TsigKey | undefined;
  /** Seconds, of an added record. */
  readonly ttl: number;
  readonly signal: AbortSignal;
}

/** Adding what is there and deleting what is not changes nothing, so that a message may arrive twice. */
export async function updateTxt(change: TxtChange, options: UpdateOptions): Promise<void> {
  const { server, zone, key, ttl, signal } = options;
  const isAddition = change.change === "add";
  const record = {
    name: change.fqdn,
    type: recordTypes.TXT,
    class: isAddition ? classes.IN : classes.NONE,
    ttl: isAddition ? ttl : 0,
    data: encodeText(change.value),
  };
  const message = encodeMessage({
    id: randomInt(0x10000),
    opcode: opcodes.update,
    questions: [{ name: zone, type: recordTypes.SOA, class: classes.IN }],
    authorities: [record],
  });
  const signed = key === undefined ? undefined : signMessage(message, key);
  const answer = await exchange(server, signed?.bytes ?? message, signal).catch((error: unknown) => {
    throw unreachable(error);
  });
  const code = decodeMessage(answer).responseCode ?? 0;
  const verified = key && signed && verifyAnswer(answer, key, signed.mac);
  if (code !== 0) throw refused(change, options, verified?.error || code);
  if (verified?.isAuthentic === false) {
    throw new AcmeError(`${formatServer(server)} answered without a valid signature.`, "retryLater", {
      hint: "Check that nothing between here and the server changes DNS messages.",
    });
  }
}

/** The zone of a name on a server that should be authoritative for it. */
export async function zoneOnServer(fqdn: string, server: ServerAddress, signal: AbortSignal): Promise<string> {
  let told = "";
  for (const candidate of selfAndParents(fqdn)) {
    const answer = await query(server, candidate, recordTypes.SOA, { signal }).catch((error: unknown) => {
      throw unreachable(error);
    });
    const zone = [...(answer.answers ?? []), ...(answer.authorities ?? [])].find(
      (record) => record.type === recordTypes.SOA && isInZone(candidate, record.name),
    )?.name;
    if (zone !== undefined && answer.isAuthoritative === true) return zone;
    told = responseCodeName(answer.responseCode ?? 0);
  }
  throw new AcmeError(`${formatServer(server)} has no zone for ${fqdn} (${told}).`, "fatal", {
    hint: "Name the zone's primary server, or set zone.",
  });
}

function unreachable(error: unknown): unknown {
  if (!(error instanceof DnsFailure) || error.kind === "aborted") return error;
  return new AcmeError(`No dynamic update: ${error.message}`, "retryLater", { cause: error });
}

/** Why an update was refused, and what to do about it. */
function refused({ fqdn }: TxtChange, { server, zone, key }: UpdateOptions, code: number): AcmeError {
  const at = `${formatServer(server)} refused to update ${zone}`;
  const name = key === undefined ? "" : `"${key.name}"`;
  const told = responseCodeName(code);
  const explain: Readonly<Record<string, readonly [string, string]>> = {
    BADKEY: [
      `it does not know the key ${name} for ${key?.algorithm ?? ""}.`,
      "Check keyName and algorithm against the server's configuration.",
    ],
    BADSIG: [`it does not accept the signature made with the key ${name}.`, "Check key: the secret is another one."],
    BADTIME: [`its clock and the one here differ by more than ${fudgeMinutes} minutes.`, "Set both clocks."],
    REFUSED: [
      key === undefined ? "it takes none without a key." : `the key ${name} may not change TXT records of ${fqdn}.`,
      key === undefined ? "Set keyName and key." : `For BIND: update-policy { grant ${key.name} name ${fqdn}. TXT; };`,
    ],
    NOTAUTH: ["it is not authoritative for the zone.", "Name the zone's primary server, or correct zone."],
    NOTZONE: [`${fqdn} is not in the zone.`, "Correct zone, or leave it out."],
  };
  const [problem, hint] = explain[told] ?? [`it answered ${told}.`, "Look into the server's log."];
  return new AcmeError(`${at}: ${problem} (${told})`, told === "SERVFAIL" ? "retryLater" : "fatal", { hint });
}

const fudgeMinutes = 5;
