import { day, formatDuration, hour } from "../../sdk/duration";
import { isKeyAlgorithm } from "../../sdk/keys/algorithms";
import { nameKinds } from "../../sdk/x509/names";
import type { Candidate } from "./consider";
import { isFromPublicCa } from "./publicTrust";

/** The arguments of a `Certificate` that asks for what is running, without issuer and adopt. Defaults are left out. */
export function certificateArguments(candidate: Candidate): Record<string, unknown> {
  const { facts } = candidate;
  const isPublic = isFromPublicCa(candidate);
  const names = nameKinds.flatMap((kind) => {
    const given = facts.names[kind] ?? [];
    return given.length === 0 ? [] : [[kind, given] as const];
  });
  return {
    ...(isPublic && names.length > 0 ? {} : subjectOf(candidate)),
    ...Object.fromEntries(names),
    ...(isPublic ? {} : { ...durationOf(candidate), ...usagesOf(candidate) }),
    ...(candidate.renewBefore === undefined ? {} : { renewBefore: candidate.renewBefore }),
    ...privateKeyOf(candidate),
  };
}

function subjectOf({ facts }: Candidate): Record<string, unknown> {
  const { commonName, ...subject } = facts.subjectName;
  return {
    ...(commonName === undefined ? {} : { commonName }),
    ...(Object.keys(subject).length === 0 ? {} : { subject }),
  };
}

const defaultDuration = 90 * day;

/** The lifetime, to the hour: CAs begin it a little early or end it a second before. */
function durationOf({ facts }: Candidate): { duration?: string } {
  const lifetime = facts.notAfter.getTime() - facts.notBefore.getTime();
  const unit = lifetime > 7 * day ? day : hour;
  const rounded = Math.max(hour, Math.round(lifetime / unit) * unit);
  return rounded === defaultDuration ? {} : { duration: formatDuration(rounded) };
}

function usagesOf({ facts: { extendedKeyUsages } }: Candidate): { extendedKeyUsages?: readonly string[] } {
  const given = extendedKeyUsages ?? [];
  return given.length === 0 || given.join() === "serverAuth" ? {} : { extendedKeyUsages: given };
}

function privateKeyOf({ facts, keepsKey }: Candidate): { privateKey?: Record<string, string> } {
  const { keyAlgorithm } = facts;
  const isKnown = isKeyAlgorithm(keyAlgorithm) && keyAlgorithm !== "ECDSA-P256";
  const privateKey = {
    ...(isKnown ? { algorithm: keyAlgorithm } : {}),
    ...(keepsKey === true ? { rotationPolicy: "never" } : {}),
  };
  return Object.keys(privateKey).length === 0 ? {} : { privateKey };
}
