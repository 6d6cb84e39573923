import { ProbeError, printable } from "../probeFailure";
import { definePreamble } from "./preamble";

/** SSLRequest: the length, then the code 1234.5679 that stands where the protocol version would. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** PostgreSQL's SSLRequest, "Message Flow: SSL Session Encryption" in the manual. */
export const postgresql = definePreamble({
  protocol: "postgresql",
  defaultPort: 5432,
  async negotiate(stream) {
    stream.write(sslRequest);
    const answer = (await stream.readBytes(1)).toString("latin1");
    if (answer === "S") return;
    if (answer === "N") {
      throw new ProbeError("startTlsNotOffered", "the PostgreSQL server has TLS switched off (ssl = off)");
    }
    throw new ProbeError(
      "startTlsRefused",
      `the server answered "${printable(answer)}" to PostgreSQL's SSLRequest, expected "S" or "N"`,
    );
  },
});
