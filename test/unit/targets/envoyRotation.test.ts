import { X509Certificate } from "node:crypto";
import { EnvoyAdmin } from "../../../sdk/targets/envoy/admin";
import { EnvoyRotation } from "../../../sdk/targets/envoy/rotation";
import type { Host } from "../../../sdk/targets/hosts/host";
import { localHost } from "../../../sdk/targets/hosts/local";
import { testMaterial } from "../../support/targets/material";

/** What an Envoy says, in the form of 1.40. */
interface Said {
  /** What it read last for the secret `web`; undefined if it has no such secret. */
  read?: string;
  /** The serial numbers in use, as it writes them. */
  serials: string[];
  failed: number;
}

let [oldPem, freshPem, oldSerial, freshSerial] = ["", "", "", ""];
const limits = { usual: 20, longest: 100, start: 100 };

beforeAll(async () => {
  const [old, fresh] = [await testMaterial(), await testMaterial()];
  [oldPem, freshPem] = [old.fullChainPem, fresh.fullChainPem];
  // Envoy writes no leading zeros.
  const serialOf = (pem: string): string => BigInt(`0x${new X509Certificate(pem).serialNumber}`).toString(16);
  [oldSerial, freshSerial] = [serialOf(oldPem), serialOf(freshPem)];
});

function answerTo(url: string, { read, serials, failed }: Said): string {
  if (url.endsWith("/certs"))
    return JSON.stringify({ certificates: serials.map((serial_number) => ({ cert_chain: [{ serial_number }] })) });
  if (url.includes("/stats?"))
    return `sds.web.key_rotation_failed: ${String(failed)}\nsds.webshop.key_rotation_failed: 7\n`;
  if (read === undefined) return "{}\n";
  const secret = { tls_certificate: { certificate_chain: { inline_bytes: Buffer.from(read).toString("base64") } } };
  return JSON.stringify({
    configs: [
      { name: "web", secret },
      { name: "web2", secret: {} },
    ],
  });
}

/** A rotation to `wanted`, of an Envoy that says these things; what is announced to it can change them. */
function rotationTo(wanted: string, said: Said, mayBeUnknown = false): EnvoyRotation {
  const host: Host = {
    ...localHost,
    run: (command) => {
      const stdout = answerTo(command.at(-1) ?? "", said);
      return Promise.resolve({ code: 0, signal: undefined, timedOut: false, stdout, output: stdout });
    },
  };
  const admin = new EnvoyAdmin(host, { curl: "/usr/bin/curl", admin: "127.0.0.1:9901" });
  return new EnvoyRotation(admin, [{ name: "web", pem: wanted, holds: "certificate", mayBeUnknown }], limits);
}

const nothing = (): Promise<void> => Promise.resolve();

test("is complete once Envoy has read the certificate and uses it; nothing is announced twice then", async () => {
  const announce = jest.fn(nothing);
  await rotationTo(freshPem, { read: freshPem, serials: ["1", freshSerial], failed: 3 }).complete(announce);
  expect(announce).not.toHaveBeenCalled();
});

test("an Envoy that missed the move is told once more", async () => {
  const said: Said = { read: oldPem, serials: [oldSerial], failed: 0 };
  await rotationTo(freshPem, said).complete(() => {
    Object.assign(said, { read: freshPem, serials: [freshSerial] });
    return nothing();
  });
  expect(said.read).toBe(freshPem);
});

test("another secret with the same certificate proves nothing", async () => {
  const said: Said = { read: oldPem, serials: [oldSerial, freshSerial], failed: 0 };
  await expect(rotationTo(freshPem, said).complete(nothing)).rejects.toMatchObject({ code: "DeploymentFailed" });
});

test("a refusal is told by the count of this secret, at once", async () => {
  const said: Said = { read: freshPem, serials: [oldSerial], failed: 4 };
  const refused = rotationTo(freshPem, said).complete(() => {
    said.failed += 3;
    return nothing();
  });
  await expect(refused).rejects.toMatchObject({
    code: "TargetRefused",
    message: expect.stringContaining("key_rotation_failed rose from 4 to 7") as string,
  });
});

test("after a refusal Envoy uses the old certificate, though it read the refused one last", async () => {
  await rotationTo(oldPem, { read: freshPem, serials: [oldSerial], failed: 7 }).complete(nothing);
});

test("an Envoy that looks at its directory no more has to be restarted", async () => {
  const said: Said = { read: oldPem, serials: [oldSerial], failed: 0 };
  await expect(rotationTo(freshPem, said).complete(nothing)).rejects.toThrow(
    /does not use what was deployed for "web".*An Envoy whose directory was removed and made again must be restarted/s,
  );
});

test("a secret that Envoy does not have is an error with the fix, unless it could not have it yet", async () => {
  const said: Said = { serials: [oldSerial], failed: 0 };
  await expect(rotationTo(freshPem, said).assertKnown()).rejects.toThrow(/has no secret "web"\. Name it in/);
  await expect(rotationTo(freshPem, said).completeStart()).rejects.toThrow(/has no secret "web"/);
  await rotationTo(freshPem, said, true).assertKnown();
});

test("what is no admin interface is said so", async () => {
  const host: Host = {
    ...localHost,
    run: () => Promise.resolve({ code: 0, signal: undefined, timedOut: false, stdout: "<html>", output: "<html>" }),
  };
  const admin = new EnvoyAdmin(host, { curl: "/usr/bin/curl", admin: "/run/admin.sock" });
  await expect(admin.read("web")).rejects.toThrow(/The Envoy at \/run\/admin\.sock answered to \/config_dump/);
});
