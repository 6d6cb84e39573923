import { optionalPackage } from "../../../../sdk/solvers/cloud/optionalPackage";

test("a package that is not installed is named, with the command that installs it", async () => {
  const name: string = "@aws-sdk/client-that-is-not-there";
  const load = () => import(name);
  await expect(optionalPackage(name, "The route53 solver", load)).rejects.toMatchObject({
    code: "InvalidArgument",
    message:
      "The route53 solver needs the package @aws-sdk/client-that-is-not-there, which is not installed. " +
      "Install it beside this package: npm install @aws-sdk/client-that-is-not-there",
  });
});

test("what goes wrong inside of a package is not taken for its absence", async () => {
  const broken = Object.assign(new Error("Cannot find module 'its-own-dependency'"), { code: "MODULE_NOT_FOUND" });
  await expect(optionalPackage("a-package", "It", () => Promise.reject(broken))).rejects.toBe(broken);
});
