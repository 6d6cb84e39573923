import * as pulumi from "@pulumi/pulumi";
import { giveCredentials, takeCredentials } from "../../../sdk/targets/credentials";

const target = {
  kind: "files",
  directory: "/etc/tls",
  files: {
    "web.p12": { kind: "pkcs12", alias: "web", password: "hunter2" },
    "a/b~c": { kind: "pkcs12", password: "other" },
    token: "chain",
  },
};

describe("credentials of a target", () => {
  test("are taken out, and nothing else", () => {
    expect(takeCredentials(target)).toEqual({
      rest: {
        kind: "files",
        directory: "/etc/tls",
        files: { "web.p12": { kind: "pkcs12", alias: "web" }, "a/b~c": { kind: "pkcs12" }, token: "chain" },
      },
      credentials: { "/files/web.p12/password": "hunter2", "/files/a~1b~0c/password": "other" },
    });
  });

  test("are put back where they stood", () => {
    const { rest, credentials } = takeCredentials(target);
    expect(giveCredentials(rest, credentials)).toEqual(target);
  });

  test("whose place is gone are left out", () => {
    expect(giveCredentials({ kind: "files", files: {} }, { "/files/web.p12/password": "x" })).toEqual({
      kind: "files",
      files: {},
    });
  });

  test("may be outputs of other resources", () => {
    const password = pulumi.secret("hunter2");
    const { rest, credentials } = takeCredentials({ kind: "files", files: { a: { kind: "pkcs12", password } } });
    expect(rest).toEqual({ kind: "files", files: { a: { kind: "pkcs12" } } });
    expect(credentials["/files/a/password"]).toBe(password);
  });

  test("leave outputs alone", () => {
    const output = pulumi.output({ kind: "pkcs12", password: "x" });
    expect((takeCredentials({ files: output }).rest as { files: unknown }).files).toBe(output);
  });
});
