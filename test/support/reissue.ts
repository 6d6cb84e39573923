import type { KeyObject } from "node:crypto";
import { localSigner } from "../../sdk/keys/signer";
import { bitString, boolean, constructed, objectIdentifier, octetString, sequence } from "../../sdk/x509/der";
import { readAll, readElement, readOid, readSequence } from "../../sdk/x509/derReader";
import { decodePem, encodePem } from "../../sdk/x509/pem";

/** A change to a certificate that the code under test would not make. */
export interface Reissue {
  /** The extension's new value; null removes it. */
  readonly extensions?: Record<string, { critical?: boolean; value: Buffer } | null>;
  readonly subject?: Buffer;
  readonly issuer?: Buffer;
  /** The algorithm named outside of the signed part. */
  readonly outerAlgorithm?: Buffer;
}

/** Encodes a certificate anew with changes, and signs it with a key. */
export async function reissue(pem: string, key: KeyObject, changes: Reissue): Promise<string> {
  const [tbs] = readSequence(decodePem(pem, ["CERTIFICATE"], "pem"));
  const parts = readAll((tbs as NonNullable<typeof tbs>).content).map((part) => part.bytes);
  const [version, serial, algorithm, issuer, validity, subject, spki, extensions] = parts as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const signed = sequence(
    version,
    serial,
    algorithm,
    changes.issuer ?? issuer,
    validity,
    changes.subject ?? subject,
    spki,
    constructed(3, editExtensions(readElement(extensions).content, changes.extensions ?? {})),
  );
  const signature = await localSigner(key).sign(signed);
  return encodePem("CERTIFICATE", sequence(signed, changes.outerAlgorithm ?? algorithm, bitString(signature)));
}

function editExtensions(encoded: Buffer, edits: NonNullable<Reissue["extensions"]>): Buffer {
  const kept = readSequence(encoded).filter((each) => !(readOid(readAll(each.content)[0]) in edits));
  const added = Object.entries(edits).flatMap(([oid, edit]) =>
    edit === null
      ? []
      : [sequence(objectIdentifier(oid), ...(edit.critical ? [boolean(true)] : []), octetString(edit.value))],
  );
  return sequence(...kept.map((each) => each.bytes), ...added);
}

/** The same certificate with its last byte changed, which belongs to the signature. */
export function tamper(pem: string): string {
  const der = Buffer.from(decodePem(pem, ["CERTIFICATE"], "pem"));
  const last = der.length - 1;
  der[last] = (der[last] as number) ^ 1;
  return encodePem("CERTIFICATE", der);
}
