import { recall, remember } from "../../../sdk/provider/memory";

const run = { now: 0, cadence: 0, dryRun: false };
/** As the engine sends them: a copy with every resource. */
const credentialsOf = (key: string): Record<string, unknown> => ({ issuer: JSON.stringify({ key }), solvers: "[]" });

describe("what check saw", () => {
  it("holds the credentials of an issuer once for all its certificates", () => {
    for (let i = 0; i < 50; i++) remember({ name: `web-${i}` }, { run, credentials: credentialsOf(`key ${i % 5}`) });
    const held = Array.from({ length: 50 }, (_, i) => recall({ name: `web-${i}` })?.credentials);
    expect(new Set(held).size).toBe(5);
    held.forEach((credentials, i) => expect(credentials).toEqual(credentialsOf(`key ${i % 5}`)));
  });

  it("gives every certificate its own where all differ", () => {
    for (let i = 0; i < 50; i++) remember({ name: `own-${i}` }, { run, credentials: credentialsOf(`own ${i}`) });
    for (let i = 0; i < 50; i++) expect(recall({ name: `own-${i}` })?.credentials).toEqual(credentialsOf(`own ${i}`));
  });
});
