import { F5Error } from "./f5Configuration";
import type { F5Request } from "./f5Server";

const directory = "/var/config/rest/downloads/";
const mostBytes = 1024 * 1024;

/** The REST file transfer worker: chunks by Content-Range, into one directory of the BIG-IP. */
export class F5Uploads {
  private readonly files = new Map<string, { readonly bytes: Buffer; readonly size: number }>();

  /** What is there, complete or not. */
  get names(): string[] {
    return [...this.files.keys()].sort();
  }

  take(name: string, { headers, body }: F5Request): unknown {
    if (headers["content-type"] !== "application/octet-stream")
      throw new F5Error(400, "Content-Type must be application/octet-stream", 1);
    if (body.length > mostBytes) throw new F5Error(400, "chunk is larger than 1048576 bytes", 1);
    const range = /^(\d+)-(\d+)\/(\d+)$/.exec(headers["content-range"] ?? "");
    if (range === null) throw new F5Error(400, "invalid Content-Range", 1);
    const [start = 0, end = 0, size = 0] = range.slice(1).map(Number);
    const before = start === 0 ? Buffer.alloc(0) : (this.files.get(name)?.bytes ?? Buffer.alloc(0));
    if (before.length !== start || end - start + 1 !== body.length || end >= size)
      throw new F5Error(400, `invalid Content-Range ${range[0]}: ${before.length} bytes are there`, 1);
    const bytes = Buffer.concat([before, body]);
    this.files.set(name, { bytes, size });
    return {
      remainingByteCount: size - bytes.length,
      usedChunks: { [String(start)]: body.length },
      totalByteCount: size,
      localFilePath: `${directory}${name}`,
    };
  }

  read(path: string): string {
    const file = path.startsWith(directory) ? this.files.get(path.slice(directory.length)) : undefined;
    if (file === undefined || file.bytes.length !== file.size)
      throw new F5Error(400, `Failed! exit_code (37). curl: (37) Couldn't open file ${path}`, 26);
    return file.bytes.toString("utf8");
  }

  remove({ command, utilCmdArgs }: Readonly<Record<string, unknown>>): unknown {
    if (command !== "run" || typeof utilCmdArgs !== "string") throw new F5Error(400, "invalid command", 26);
    const name = utilCmdArgs.startsWith(directory) ? utilCmdArgs.slice(directory.length) : "";
    const shown = { kind: "tm:util:unix-rm:runstate", command, utilCmdArgs };
    if (this.files.delete(name)) return shown;
    return { ...shown, commandResult: `/bin/rm: cannot remove \`${utilCmdArgs}': No such file or directory\n` };
  }
}
