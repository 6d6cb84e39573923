import { migrateState, stateVersion } from "../../../sdk/provider/stateVersion";

test("outputs of this release are taken as they are", () => {
  const outs = { stateVersion, certificatePem: "pem" };
  expect(migrateState(outs)).toEqual(outs);
});

test("outputs without a version are those of a creation that failed", () => {
  expect(migrateState({ name: "web" })).toEqual({ name: "web" });
});

test("outputs of a newer release are refused", () => {
  expect(() => migrateState({ stateVersion: stateVersion + 1 })).toThrow(
    expect.objectContaining({ code: "StateUnsupported" }),
  );
});
