import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { day } from "../../../sdk/duration";
import { defaultJournalFolder } from "../../../sdk/acme/journal";
import { needs } from "../../support/requirements";
import { useJournals, secret, entry, folder, open, reopen, files, orderFile } from "../../support/journals";

useJournals();

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

test("the folder is that of the variable, or the user's state folder, and never relative", () => {
  expect(defaultJournalFolder({ PULUMI_CERTIFICATES_STATE_DIR: "/ci/kept", XDG_STATE_HOME: "/x" })).toBe(
    "/ci/kept/orders",
  );
  expect(defaultJournalFolder({ XDG_STATE_HOME: "/x" })).toBe("/x/pulumi-certificates/orders");
  expect(defaultJournalFolder({ XDG_STATE_HOME: "x" })).toMatch(/^\/.*\/\.local\/state\/pulumi-certificates\/orders$/);
  expect(() => defaultJournalFolder({ PULUMI_CERTIFICATES_STATE_DIR: "kept" })).toThrow('"kept" is no absolute path.');
});
