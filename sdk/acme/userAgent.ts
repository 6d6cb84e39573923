import { readFileSync } from "node:fs";

let known: string | undefined;

/** Who asks, for the operators of the CA (RFC 8555, 6.1): name, version, where to read more. */
export function userAgent(): string {
  if (known === undefined) {
    const manifest = readFileSync(require.resolve("pulumi-certificates/package.json"), "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    known = `pulumi-certificates/${version} (+https://www.npmjs.com/package/pulumi-certificates)`;
  }
  return known;
}
