import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hour } from "../../../sdk/duration";
import { foresee, foreseen } from "../../../sdk/lifecycle/foreseenOrders";

const web = { resource: "web", names: ["web.example.com"], kind: "new" as const };
const orders = { "https://ca.test/directory": { planned: [web], past: [{ ...web, at: 7 }] } };
let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "foreseen-"));
  folder = join(root, "foreseen");
});
afterEach(() => rmSync(root, { recursive: true }));

const file = (): string => join(folder, readdirSync(folder)[0] ?? "");

test("the orders that a preview found are known to the next run of the same stack, once", async () => {
  await foresee("shop/prod", orders, { folder });
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(await foreseen("shop/test", { folder })).toEqual({});
  expect(await foreseen("shop/prod", { folder })).toEqual(orders);
  expect(await foreseen("shop/prod", { folder })).toEqual({});
});

test("a preview in which no order has to wait leaves nothing behind, and needs no folder", async () => {
  await foresee("shop/prod", undefined, { folder });
  expect(readdirSync(root)).toEqual([]);
  await foresee("shop/prod", orders, { folder });
  await foresee("shop/prod", undefined, { folder });
  expect(readdirSync(folder)).toEqual([]);
});

test("what was found an hour ago, or what others could have written, is not looked at", async () => {
  await foresee("shop/prod", orders, { folder, now: Date.now() - hour });
  expect(await foreseen("shop/prod", { folder })).toEqual({});
  await foresee("shop/prod", orders, { folder });
  chmodSync(file(), 0o622);
  expect(await foreseen("shop/prod", { folder })).toEqual({});
});
