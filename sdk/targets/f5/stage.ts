import { createHmac, createPrivateKey } from "node:crypto";
import { CertificatesError } from "../../errors";
import { joinPem } from "../../keystores/pem";
import { assertMaterial } from "../fileContents";
import type { Instance, Material, StagedRevision } from "../target";
import type { BigIp } from "./bigIp";
import { type Room, assertUnclaimed, makeRoom } from "./claim";
import { installFile, readFileObject } from "./fileObjects";
import { type Found, asRevision, bindingDamage, fileDamage, filesOf, find } from "./find";
import { type Mark, type MarkedRevision, createMark, writeMark } from "./mark";
import { neededProfile } from "./profile";
import { removeLeftovers } from "./retire";
import { type F5Spec, markObject } from "./spec";

/** Installs key, certificate and chain under names of their own, which no profile uses yet; or finds them there. */
export async function stageOnF5(
  bigIp: BigIp,
  spec: F5Spec,
  material: Material,
  instance: Instance,
): Promise<StagedRevision> {
  assertMaterial(material);
  const found = await findOwn(bigIp, spec, instance);
  const { mark } = found;
  const room = await makeRoom(bigIp, spec, found, instance, () => Promise.resolve(keyTypeOf(material)));
  const texts = textsOf(material);
  const source = createHmac("sha256", instance.id).update(JSON.stringify(texts)).digest("base64url");
  const present = await findInstalled(bigIp, mark, source);
  if (present !== undefined) return settle(bigIp, spec, found, instance, present);

  const id = await freeId(bigIp, spec, mark, material.fingerprintSha256);
  const planned = { ...objectsOf(spec, id, texts), fingerprintSha256: material.fingerprintSha256, source };
  const begun = withRevision(await adopted(bigIp, baseOf(spec, mark, instance), room), id, planned);
  if (mark !== undefined) await writeMark(bigIp, markObject(spec), begun);
  else if (!(await createMark(bigIp, markObject(spec), begun))) throw claimedMeanwhile(bigIp, spec);
  for (const [index, [kind, object]] of filesOf(planned).entries()) {
    const text = [texts.key, texts.cert, texts.chain][index] ?? "";
    await installFile(bigIp, kind, object, text);
  }
  const checksums = await checksumsOf(bigIp, planned);
  await writeMark(bigIp, markObject(spec), withRevision(begun, id, { ...planned, checksums }));
  return { ...asRevision(id, planned), settled: false, resumed: mark?.unfinished ?? false };
}

/** Prepares to use a revision that is still kept. */
export async function stageKeptOnF5(
  bigIp: BigIp,
  spec: F5Spec,
  id: string,
  instance: Instance,
): Promise<StagedRevision> {
  const found = await findOwn(bigIp, spec, instance);
  const revision = found.mark?.revisions[id];
  const damage = revision === undefined ? ["it is not there."] : await fileDamage(bigIp, revision);
  if (revision === undefined || damage.length > 0) {
    const problem = `${spec.clientSslProfile}: the previous revision (${id}) cannot be used: ${damage.join(" ")}`;
    throw new CertificatesError("DeploymentFailed", problem, {
      hint: 'Set revision: "current" to deploy the certificate as it is now.',
    });
  }
  return settle(bigIp, spec, found, instance, id);
}

async function findOwn(bigIp: BigIp, spec: F5Spec, instance: Instance): Promise<Found> {
  const found = await find(bigIp, spec);
  if (found.profile === undefined) await neededProfile(bigIp, spec.clientSslProfile);
  assertUnclaimed(spec, found.mark, instance);
  return found;
}

/** An installed revision is settled if the profile uses it and the run that brought it there came to its end. */
async function settle(
  bigIp: BigIp,
  spec: F5Spec,
  { profile, mark }: Found,
  instance: Instance,
  id: string,
): Promise<StagedRevision> {
  const revision = mark?.revisions[id];
  if (mark === undefined || revision === undefined) throw new CertificatesError("Internal", `${id} is not marked.`);
  const isCurrent = mark.current === id && mark.confirmed === id && mark.instance === instance.id && !mark.released;
  const settled = isCurrent && !mark.unfinished && bindingDamage(spec, profile, revision).length === 0;
  const { owner = {} } = instance;
  const isKnown = JSON.stringify(owner) === JSON.stringify(mark.owner ?? {});
  if (settled && !isKnown) await writeMark(bigIp, markObject(spec), { ...mark, owner });
  if (settled) await removeLeftovers(bigIp, spec, { ...mark, owner });
  return { ...asRevision(id, revision), settled, resumed: mark.unfinished };
}

/** A revision that holds exactly this and is complete. */
async function findInstalled(bigIp: BigIp, mark: Mark | undefined, source: string): Promise<string | undefined> {
  const { current, revisions = {} } = mark ?? {};
  const candidates = Object.entries(revisions)
    .filter(([, revision]) => revision.source === source && revision.checksums !== undefined)
    .sort(([left], [right]) => Number(right === current) - Number(left === current));
  for (const [id, revision] of candidates) if ((await fileDamage(bigIp, revision)).length === 0) return id;
  return undefined;
}

interface Texts {
  readonly key: string;
  readonly cert: string;
  readonly chain?: string;
}

function textsOf({ privateKeyPem, certificatePem, chainPem }: Material): Texts {
  if (privateKeyPem === undefined)
    throw new CertificatesError("CredentialsMissing", "The private key did not reach the deployment.");
  const chain = joinPem(chainPem);
  return { key: joinPem(privateKeyPem), cert: joinPem(certificatePem), ...(chain.trim() !== "" && { chain }) };
}

function keyTypeOf({ privateKeyPem = "" }: Material): string {
  return createPrivateKey(privateKeyPem).asymmetricKeyType === "ec" ? "ec-private" : "rsa-private";
}

function objectsOf({ partition, name }: F5Spec, id: string, { chain }: Texts): MarkedRevision {
  const base = `/${partition}/${name}-${id}`;
  return { key: `${base}.key`, cert: `${base}.crt`, ...(chain !== undefined && { chain: `${base}-chain.crt` }) };
}

/** Named after the fingerprint, and numbered: an object that was changed is not installed over, it may be in use. */
async function freeId(bigIp: BigIp, spec: F5Spec, mark: Mark | undefined, fingerprint: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const id = `${fingerprint.slice(0, 12)}-${number}`;
    if (mark?.revisions[id] !== undefined) continue;
    const { key } = objectsOf(spec, id, { key: "", cert: "" });
    if ((await readFileObject(bigIp, "ssl-key", key)) === undefined) return id;
  }
}

function baseOf(spec: F5Spec, mark: Mark | undefined, { id, resource, owner }: Instance): Mark {
  if (mark !== undefined) return mark;
  return {
    instance: id,
    resource,
    profile: spec.clientSslProfile,
    ...(owner !== undefined && { owner }),
    released: false,
    unfinished: false,
    revisions: {},
  };
}

/** What gives way is the revision to go back to. */
async function adopted(bigIp: BigIp, mark: Mark, { displaced }: Room): Promise<Mark> {
  if (displaced === undefined) return mark;
  const { cert, key, chain } = displaced;
  const { fingerprintSha256 } = (await readFileObject(bigIp, "ssl-cert", cert)) ?? {};
  const revision = {
    cert,
    key,
    ...(chain !== undefined && { chain }),
    ...(fingerprintSha256 !== undefined && { fingerprintSha256 }),
    foreign: true,
  };
  return { ...withRevision(mark, takenOver, revision), current: takenOver, confirmed: takenOver };
}

const takenOver = "taken-over";

function withRevision(mark: Mark, id: string, revision: MarkedRevision): Mark {
  return { ...mark, revisions: { ...mark.revisions, [id]: revision } };
}

/** What BIG-IP says of the files that it was given; throws unless they are there. */
async function checksumsOf(bigIp: BigIp, revision: MarkedRevision): Promise<string> {
  const sums = filesOf(revision).map(async ([kind, object]) => {
    const found = await readFileObject(bigIp, kind, object);
    const { fingerprintSha256 = revision.fingerprintSha256 } = found ?? {};
    const isOther = object === revision.cert && fingerprintSha256 !== revision.fingerprintSha256;
    if (found !== undefined && !isOther) return found.checksum;
    const problem = `${object} was installed on ${bigIp.name} and ${isOther ? "is another certificate" : "is not there"}.`;
    throw new CertificatesError("DeploymentFailed", problem, { retryable: true });
  });
  return (await Promise.all(sums)).join(" ");
}

function claimedMeanwhile(bigIp: BigIp, spec: F5Spec): CertificatesError {
  const problem = `${markObject(spec)} was made on ${bigIp.name} by another run at this moment.`;
  return new CertificatesError("ForeignFile", problem, { hint: "Run it again.", retryable: true });
}
