import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { useJournals, newKey, entry, folder, open, files, orderFile } from "../../support/journals";

useJournals();

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
