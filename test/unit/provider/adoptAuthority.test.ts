import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { type Properties, signedBy, SimulatedResource } from "../../support/simulatedEngine";
import { useAdoptions, testRoot, issuing, running, created, notAdopting } from "../../support/adoptions";

useAdoptions();

describe("adopting a CA", () => {
  const ca = (more: Properties = {}): Properties => ({
    name: "p/s/adopted",
    commonName: "Test Issuing",
    duration: "200d",
    renewBefore: "50d",
    adopt: { certificatePem: issuing.certificatePem, trustBundlePem: testRoot.certificatePem },
    credentials: { adopt: { privateKeyPem: issuing.privateKeyPem } },
    ...more,
  });

  test("takes over key and certificate, and issues with them", async () => {
    const resource = await created(ca(), certificateAuthority);
    expect(resource.outs).toMatchObject({ fingerprintSha256: issuing.fingerprintSha256, keyGeneration: 1 });
    expect(resource.inputs?.adoption).toEqual({
      differences: ["privateKey.algorithm: has ECDSA-P256, wants ECDSA-P384"],
    });
    expect((await resource.up(ca())).isChanged).toBe(false);
    const leaf = await created({
      name: "p/s/leaf",
      dnsNames: ["a.example"],
      duration: "30d",
      ...signedBy(resource),
    });
    expect(leaf.outs.chainPem).toBe(issuing.certificatePem);
    expect((await resource.up(notAdopting(ca()))).isChanged).toBe(false);
  });

  test("needs its key, and a CA", async () => {
    const resource = new SimulatedResource(certificateAuthority);
    await expect(resource.preview(ca({ credentials: {} }))).rejects.toThrow(
      "adopt: comes without its private key, so it could not sign.",
    );
    const leaf = {
      adopt: { certificatePem: running.certificatePem },
      credentials: { adopt: { privateKeyPem: running.privateKeyPem } },
    };
    await expect(resource.preview(ca(leaf))).rejects.toThrow('adopt: "CN=web.example.com" is no CA certificate.');
  });

  test("another generation makes a new key although it was adopted", async () => {
    const resource = await created(ca(), certificateAuthority);
    expect((await resource.preview(ca({ pathLength: 2 }))).inputs.renewal.epoch).toBe(1);
    const next = ca({ generation: 2 });
    expect((await resource.preview(next)).inputs.renewal).toMatchObject({ epoch: 2, reason: "RequestChanged" });
    await resource.up(next);
    expect(resource.outs.keyGeneration).toBe(2);
    expect(resource.outs.fingerprintSha256).not.toBe(issuing.fingerprintSha256);
    expect((await resource.up(next)).isChanged).toBe(false);
  });
});
