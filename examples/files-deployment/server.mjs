// A web server that works like nginx: it reads its certificate at the start and again on SIGHUP.
//
//   node server.mjs [port]
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { createSecureContext } from "node:tls";

function readCertificate() {
  const files = { cert: readFileSync("tls/fullchain.pem"), key: readFileSync("tls/privkey.pem") };
  createSecureContext(files); // fails if they do not fit together
  return files;
}

const server = createServer(readCertificate(), (_request, response) => response.end("Hello over TLS.\n"));
server.listen(Number(process.argv[2] ?? 8443), "127.0.0.1", () => {
  writeFileSync("server.pid", `${process.pid}\n`);
  console.log(`https://127.0.0.1:${server.address().port}`);
});

process.on("SIGHUP", () => {
  try {
    server.setSecureContext(readCertificate());
    console.log("reloaded");
  } catch (error) {
    console.error(`The certificate in use is kept: ${error.message}`);
  }
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    rmSync("server.pid");
    process.exit();
  });
}
