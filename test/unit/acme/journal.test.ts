import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { day } from "../../../sdk/duration";
import { type Journal, type JournalOptions, defaultJournalFolder, openJournal } from "../../../sdk/acme/journal";
import { processStart } from "../../../sdk/net/processStart";
import { needs } from "../../support/requirements";

const newKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const accountKeyPem = newKey();
const secret = newKey();
const entry = { orderUrl: "https://ca.test/order/1", certificateKeyPem: secret, csrDer: "MIIB", answers: [] };

let folder: string;
const opened: Journal[] = [];
const place = (): JournalOptions => ({
  folder,
  directoryUrl: "https://ca.test/directory",
  accountKeyPem,
  stack: "shop/prod",
  resource: "web",
  waitMs: 0,
});
async function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await openJournal({ ...place(), ...options });
  opened.push(journal);
  return journal;
}
/** As the next run would: with the lock of the one before released. */
async function reopen(before: Journal, options: Partial<JournalOptions> = {}): Promise<Journal> {
  await before.close();
  return open(options);
}
const files = (): string[] => readdirSync(folder).filter((name) => !name.endsWith(".lock"));
const orderFile = (): string => join(folder, files().find((name) => name.endsWith(".order")) ?? "none");

beforeEach(() => (folder = join(mkdtempSync(join(tmpdir(), "journal-")), "orders")));
afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close();
  rmSync(join(folder, ".."), { recursive: true });
});

describe("an order under way", () => {
  test("is read by the next run, and no more once it is erased", async () => {
    const first = await open({ now: () => Date.UTC(2027, 0, 1) });
    expect(await first.read()).toBeUndefined();
    await first.write(entry);
    const second = await reopen(first, { now: () => Date.UTC(2027, 0, 2) });
    expect(await second.read()).toEqual({ ...entry, writtenAt: "2027-01-01T00:00:00Z" });
    await second.erase();
    const third = await reopen(second);
    expect(await third.read()).toBeUndefined();
    expect(third.warnings).toEqual([]);
    await third.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("leaves nothing readable and nothing but its file", async () => {
    const journal = await open();
    await journal.write(entry);
    await journal.write({ ...entry, answers: [] });
    await journal.close();
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{40}\.order$/)]);
    const content = readFileSync(orderFile());
    for (const text of [entry.orderUrl, "PRIVATE KEY", secret.slice(40, 80), "web"]) {
      expect(content.includes(text)).toBe(false);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(orderFile()).mode & 0o777).toBe(0o600);
  });

  test("is forgotten after seven days, counted from its first writing", async () => {
    let now = Date.UTC(2027, 0, 1);
    const journal = await open({ now: () => now });
    await journal.write(entry);
    now += 6 * day;
    await journal.write(entry);
    expect(await journal.read()).toBeDefined();
    now += day;
    expect(await journal.read()).toBeUndefined();
    expect(files().filter((name) => name.endsWith(".order"))).toEqual([]);
    await journal.write({ ...entry, orderUrl: "https://ca.test/order/2" });
    now += 6 * day;
    expect(await journal.read()).toMatchObject({ orderUrl: "https://ca.test/order/2" });
  });

  test("of another resource is swept away after seven days, and foreign files are not", async () => {
    const other = await open({ resource: "other" });
    await other.write(entry);
    await other.close();
    const old = new Date(Date.now() - 8 * day);
    const [left] = files();
    for (const name of [left!, `${left}.tmp`, "notes.txt"]) {
      writeFileSync(join(folder, name), "x", { flag: "a" });
      utimesSync(join(folder, name), old, old);
    }
    // A folder is swept once in a process: to this one, the same folder by another path is new.
    await open({ folder: join(folder, "..", "orders", ".") + "/" });
    expect(existsSync(join(folder, left!))).toBe(false);
    expect(existsSync(join(folder, `${left}.tmp`))).toBe(false);
    expect(existsSync(join(folder, "notes.txt"))).toBe(true);
  });
});

describe("an entry that was written elsewhere counts as absent, with a warning", () => {
  it.each([
    ["another account key", { accountKeyPem: newKey() }],
    ["another directory", { directoryUrl: "https://ca.test/staging" }],
    ["another stack", { stack: "shop/dev" }],
    ["another resource", { resource: "api" }],
    ["a shift of text between stack and resource", { stack: "shop/pro", resource: "dweb" }],
  ])("%s", async (_what, other) => {
    const journal = await open();
    await journal.write(entry);
    await journal.close();
    const content = readFileSync(orderFile());
    const foreign = await open(other);
    await foreign.write({ ...entry, orderUrl: "https://ca.test/order/9" });
    for (const name of files())
      if (name.endsWith(".order")) writeFileSync(join(folder, name), content, { mode: 0o600 });
    expect(await foreign.read()).toBeUndefined();
    expect(foreign.warnings).toEqual([expect.stringContaining("is not used: it was changed, or written elsewhere")]);
  });

  test("any changed, lost or added byte", async () => {
    const journal = await open();
    await journal.write(entry);
    const content = readFileSync(orderFile());
    const changed = fc.oneof(
      fc.tuple(fc.nat(content.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const copy = Buffer.from(content);
        copy[at] = copy[at]! ^ mask;
        return copy;
      }),
      fc.nat(content.length - 1).map((length) => content.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 20 }).map((more) => Buffer.concat([content, more])),
    );
    await fc.assert(
      fc.asyncProperty(changed, async (bytes) => {
        writeFileSync(orderFile(), bytes);
        expect(await journal.read()).toBeUndefined();
      }),
      { numRuns: 200 },
    );
    writeFileSync(orderFile(), content);
    expect(await journal.read()).toMatchObject(entry);
  });

  test("a file that others could read", async () => {
    const journal = await open();
    await journal.write(entry);
    chmodSync(orderFile(), 0o640);
    expect(await journal.read()).toBeUndefined();
    expect(journal.warnings).toEqual([expect.stringContaining("its permissions are 0640")]);
  });
});

describe("before an order is placed", () => {
  test("a folder that others could read is refused", async () => {
    await (await open()).close();
    chmodSync(folder, 0o755);
    await expect(open()).rejects.toThrow(/is not private: its permissions are 0755\..*PULUMI_CERTIFICATES_STATE_DIR/);
  });

  needs("root").describe("with a disk of its own", () => {
    let holder: ChildProcess;
    let disk: string;
    beforeEach(async () => {
      // A small file system in a mount namespace of its own, reached through the process that holds it.
      const script = 'mount -t tmpfs -o size="$1",mode=0700 tmpfs /mnt && echo ready && exec cat';
      holder = spawn("unshare", ["-m", "sh", "-c", script, "sh", "192k"], { stdio: ["pipe", "pipe", "inherit"] });
      await once(holder.stdout!, "data");
      disk = `/proc/${holder.pid}/root/mnt`;
    });
    afterEach(async () => {
      holder.stdin!.end();
      if (holder.exitCode === null) await once(holder, "exit");
    });

    test("a full disk is noticed, and nothing is left on it", async () => {
      writeFileSync(join(disk, "ballast"), Buffer.alloc(100 * 1024));
      await expect(open({ folder: disk })).rejects.toThrow(
        /^The journal of the order of web cannot be written to .*, so none was placed: no space is left on the device \(ENOSPC\)\. Make room/,
      );
      expect(readdirSync(disk)).toEqual(["ballast"]);
    });

    test("a disk that fills up afterwards has room for the entry", async () => {
      const journal = await open({ folder: disk });
      expect(() => writeFileSync(join(disk, "ballast"), Buffer.alloc(100 * 1024))).toThrow("ENOSPC");
      await journal.write({ ...entry, csrDer: "A".repeat(50_000) });
      expect(await journal.read()).toMatchObject({ orderUrl: entry.orderUrl });
      await journal.close();
    });
  });
});

describe("one writer", () => {
  const lockFile = (): string =>
    join(
      folder,
      readdirSync(folder).find((name) => name.endsWith(".lock"))!,
    );

  test("a second one is refused while the first is at work, and waits for its end", async () => {
    const first = await open();
    await expect(open()).rejects.toThrow(
      /^Another run is at work on the order of web: process \d+ on .* holds .*\.lock/,
    );
    const second = open({ waitMs: 10_000 });
    await first.close();
    await (await second).write(entry);
  });

  test("of another resource does not wait", async () => {
    await open();
    await open({ resource: "api" });
  });

  test("gives up the wait with the run", async () => {
    await open();
    await expect(open({ waitMs: 60_000, signal: AbortSignal.timeout(50) })).rejects.toThrow(/aborted|timeout/i);
  });

  it.each<[string, (lock: string) => Promise<void>]>([
    [
      "a process that was killed",
      async (lock) => {
        const child = spawn("sleep", ["100"]);
        const start = await processStart(child.pid!);
        expect(start).toBeDefined();
        child.kill("SIGKILL");
        await once(child, "exit");
        writeFileSync(lock, JSON.stringify({ token: "t", host: hostname(), pid: child.pid, start }));
      },
    ],
    [
      "a number that another process has now",
      async (lock) => {
        const start = "00000000-0000-0000-0000-000000000000/1";
        writeFileSync(lock, JSON.stringify({ token: "t", host: hostname(), pid: process.pid, start }));
      },
    ],
    [
      "another machine that has fallen silent",
      async (lock) => {
        writeFileSync(lock, JSON.stringify({ token: "t", host: "runner-7", pid: 1 }));
        utimesSync(lock, 1, 1);
      },
    ],
    [
      "a process killed before it wrote who it was",
      async (lock) => {
        writeFileSync(lock, "");
        utimesSync(lock, 1, 1);
      },
    ],
  ])("the lock of %s is taken over, by one of many", async (_whose, leave) => {
    const first = await open();
    const lock = lockFile();
    await first.close();
    await leave(lock);
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => open({ waitMs: 500 })));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it.each([
    ["a process that runs", hostname(), 1],
    ["another machine that was there a moment ago", "runner-7", 1],
  ])("the lock of %s is respected", async (_whose, host, pid) => {
    const first = await open();
    const lock = lockFile();
    await first.close();
    writeFileSync(
      lock,
      JSON.stringify({ token: "t", host, pid, start: host === hostname() ? await processStart(1) : "" }),
    );
    await expect(open()).rejects.toThrow(`process 1 on ${host}`);
    expect(existsSync(lock)).toBe(true);
  });

  test("that was taken over does not release the lock of the other", async () => {
    const first = await open();
    const other = JSON.stringify({
      token: "t",
      host: hostname(),
      pid: process.pid,
      start: await processStart(process.pid),
    });
    writeFileSync(lockFile(), other);
    await first.close();
    expect(readFileSync(lockFile(), "utf8")).toBe(other);
  });
});

test("the folder is that of the variable, or the user's state folder, and never relative", () => {
  expect(defaultJournalFolder({ PULUMI_CERTIFICATES_STATE_DIR: "/ci/kept", XDG_STATE_HOME: "/x" })).toBe(
    "/ci/kept/orders",
  );
  expect(defaultJournalFolder({ XDG_STATE_HOME: "/x" })).toBe("/x/pulumi-certificates/orders");
  expect(defaultJournalFolder({ XDG_STATE_HOME: "x" })).toMatch(/^\/.*\/\.local\/state\/pulumi-certificates\/orders$/);
  expect(() => defaultJournalFolder({ PULUMI_CERTIFICATES_STATE_DIR: "kept" })).toThrow('"kept" is no absolute path.');
});
