// Orders certificates with the lego command line, a process for each: prints the seconds that it took, as JSON.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../../tools/exec.mjs";
import { ensureLego } from "../../tools/lego.mjs";
import { inFlight } from "./inFlight.mjs";

const { directoryUrl, caBundlePem, httpPort, prefix, count, limit } = JSON.parse(process.argv[2]);
const { lego } = await ensureLego();
const folder = mkdtempSync(join(tmpdir(), "certificates-lego-"));
const bundle = join(folder, "bundle.pem");
writeFileSync(bundle, caBundlePem);
// One port cannot be listened on by several processes: they write their answers to files.
const server = createServer(({ url }, response) => response.end(readFileSync(join(folder, url))));
await once(server.listen(httpPort, "127.0.0.1"), "listening");
const shared = ["--server", directoryUrl, "--path", folder, "--email", "bench@example.com", "--accept-tos", "--http"];
const env = { LEGO_CA_CERTIFICATES: bundle };
const run = (name) => exec(lego, [...shared, "--http.webroot", folder, "--domains", name, "run"], { env });

await run(`${prefix}.example`); // makes the account
const start = performance.now();
await inFlight(count, limit, (index) => run(`${prefix}-${index}.example`));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
server.close();
rmSync(folder, { recursive: true });
