import * as sdk from "../../../sdk";
import { describeHint, solverHint, solverHints } from "../../../cli/import/solverHints";
import { solverSlots } from "../../../sdk/solvers/registry";

describe("the solvers that an import names", () => {
  test.each(Object.entries(solverHints))(
    "for %s are exports of the package, and prove by that challenge",
    (_name, hint) => {
      expect(sdk).toHaveProperty(hint.factory, expect.any(Function));
      expect(solverSlots[hint.slot].map(({ kind }) => kind as string)).toContain(hint.factory);
    },
  );

  test("are none for what the package does not know", () => {
    for (const name of ["manual", "toString", "dns_inwx"]) expect(solverHint(name)).toBeUndefined();
    expect(describeHint(undefined)).toBe("dns01: exec({ style, command }) with the tool's own hook");
    expect(describeHint(solverHint("standalone"))).toBe("http01: standalone({ port: 80 })");
  });
});
