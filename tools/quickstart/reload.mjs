// The reload command of the web server: what `systemctl reload nginx` is for nginx.
//
//   node reload.mjs server.json
import { readFileSync } from "node:fs";

const { controlPort } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const response = await fetch(`http://127.0.0.1:${controlPort}/reload`, { method: "POST" });
const text = await response.text();
if (!response.ok) throw new Error(`The web server kept what it had: ${text}`);
