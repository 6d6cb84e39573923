import { ProbeError, printable } from "../probeFailure";
import type { PlainStream } from "./plainStream";
import { definePreamble } from "./preamble";

/** SMTP with the STARTTLS extension, RFC 3207. */
export const smtp = definePreamble({
  protocol: "smtp",
  defaultPort: 25,
  async negotiate(stream) {
    await expect(stream, "220", "the greeting");
    stream.write(`EHLO ${stream.localAddressLiteral}\r\n`);
    const extensions = await expect(stream, "250", "EHLO");
    if (!extensions.some((line) => line.trim().toUpperCase() === "STARTTLS")) {
      throw new ProbeError("startTlsNotOffered", "the SMTP server does not offer STARTTLS");
    }
    stream.write("STARTTLS\r\n");
    await expect(stream, "220", "STARTTLS");
  },
});

/** Reads one reply of any number of lines (RFC 5321 section 4.2.1) and returns their texts. */
async function expect(stream: PlainStream, code: string, to: string): Promise<string[]> {
  const texts: string[] = [];
  for (;;) {
    const line = await stream.readLine();
    const match = /^(\d{3})([ -]?)(.*)$/.exec(line);
    if (match === null) {
      throw new ProbeError("startTlsRefused", `the answer to ${to} is no SMTP reply: "${printable(line)}"`);
    }
    texts.push(match[3] ?? "");
    if (match[2] === "-") continue;
    if (match[1] === code) return texts;
    throw new ProbeError("startTlsRefused", `the SMTP server answered ${to} with "${printable(line)}"`);
  }
}
