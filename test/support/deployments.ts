import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { certificateDeployment } from "../../sdk/provider/certificateDeployment";
import { pair } from "./targets/filesBench";
import { type TestMaterial, testMaterial } from "./targets/material";

export type Properties = Record<string, unknown>;
export interface State {
  readonly id: string;
  readonly news: Properties;
  readonly outs: Properties;
}

export const provider = certificateDeployment as Required<dynamic.ResourceProvider>;
export let old: TestMaterial;
export let fresh: TestMaterial;
export let base: string;
export let directory: string;

export const target = (more: Properties = {}): Properties => ({ kind: "files", directory, files: pair, ...more });

/** What the resource class sends. */
export function args(material: TestMaterial, more: Properties = {}): Properties {
  const { certificatePem, chainPem, trustBundlePem, privateKeyPem, fingerprintSha256, dnsNames } = material;
  return {
    name: "project/stack/edge",
    certificate: { fingerprintSha256, chainSha256: "1", dnsNames: [...dnsNames] },
    target: target(),
    credentials: { material: { certificatePem, chainPem, trustBundlePem, privateKeyPem }, target: {} },
    dryRun: false,
    ...more,
  };
}

export async function check(news: Properties, olds: Properties = {}): Promise<Properties> {
  const { inputs, failures } = await provider.check(olds, news);
  if (failures !== undefined && failures.length > 0) throw new Error(failures.map((one) => one.reason).join("\n"));
  return inputs as Properties;
}

export async function create(given: Properties): Promise<State> {
  const news = await check(given);
  const { id, outs } = await provider.create(news);
  return { id, news, outs: outs as Properties };
}

export async function update(before: State, given: Properties): Promise<State> {
  const news = await check(given, before.news);
  const { outs } = await provider.update(before.id, before.outs, news);
  return { id: before.id, news, outs: outs as Properties };
}

export async function isDue(before: State, given: Properties): Promise<boolean | undefined> {
  return (await provider.diff(before.id, before.outs, await check(given, before.news))).changes;
}

/** What the engine records of a create or update that failed with partial state; fails if there is none. */
export async function partial(
  work: Promise<unknown>,
): Promise<Properties & { id: string; reasons: string[]; properties: Properties }> {
  try {
    await work;
  } catch (error) {
    const thrown = error as Properties & { id: string; reasons: string[]; properties: Properties };
    if (thrown.properties === undefined) throw error;
    return thrown;
  }
  throw new Error("It did not fail.");
}

export const refusing = (): Properties => target({ check: ["/bin/false"] });

/** Two certificates, and for each test a directory to deploy to. */
export function useDeployments(): void {
  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
  });
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "deployment-"));
    directory = join(base, "tls");
  });
  afterEach(() => rmSync(base, { recursive: true }));
}
