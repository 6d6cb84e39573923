import { takeCredentials } from "../../../sdk/targets/credentials";
import { f5, f5Target } from "../../../sdk/targets/f5";
import { credentialsOf } from "../../../sdk/targets/f5/access";
import { localHost } from "../../../sdk/targets/hosts/local";

const given = { address: "https://bigip.example.com", user: "pulumi", clientSslProfile: "/Common/app/clientssl-web" };
const parse = (changes: object = {}) => f5Target.parse({ kind: "f5", ...given, ...changes }, "target");

test("names its objects after the profile, in its partition", () => {
  expect(f5(given)).toEqual({ kind: "f5", ...given });
  expect(parse()).toEqual({
    ...given,
    loginProvider: "tmos",
    partition: "Common",
    name: "clientssl-web",
    takeOver: false,
    onDelete: "leave",
  });
  expect(parse({ address: "https://192.0.2.7:8443/" }).address).toBe("https://192.0.2.7:8443");
});

test("another name, partition, profile or address is another place; everything else is not", () => {
  const place = (changes: object = {}): string => f5Target.place(parse(changes));
  expect(place()).toBe(
    "https://bigip.example.com/Common/app/clientssl-web (/Common/pulumi-certificates.clientssl-web)",
  );
  const others = [
    { name: "other" },
    { partition: "Tenant" },
    { clientSslProfile: "/Tenant/clientssl-web" },
    { address: "https://bigip.example.com:8443" },
  ];
  expect(new Set([place(), ...others.map(place)]).size).toBe(5);
  expect(place({ user: "other", password: "secret", takeOver: true, onDelete: "remove" })).toBe(place());
});

test.each([
  ["no address", { address: undefined }, /target\.address: nothing is no HTTPS URL/],
  ["credentials in clear", { address: "http://bigip.example.com" }, /target\.address: .* is no HTTPS URL/],
  ["a host alone", { address: "bigip.example.com" }, /target\.address: .* as in https:\/\/bigip\.example\.com/],
  ["a path in the address", { address: "https://bigip.example.com/mgmt" }, /target\.address: .* of a host alone/],
  ["a profile without its partition", { clientSslProfile: "clientssl-web" }, /target\.clientSslProfile: .* full path/],
  ["a profile that would be another request", { clientSslProfile: "/Common/a?b" }, /target\.clientSslProfile/],
  ["a name that BIG-IP does not take", { name: "web shop" }, /target\.name: "web shop" is no name/],
  ["a name that is too long", { name: "a".repeat(101) }, /target\.name/],
  ["two ways to log in", { password: "a", token: "b" }, /target\.token: stands beside a password/],
  ["a password of two lines", { password: "first\nsecond" }, /target\.password: is empty or no text of one line/],
  ["an argument of another kind", { host: "bigip" }, /target\.host: unknown property\. f5 has address, user/],
  ["a word for yes", { takeOver: "yes" }, /target\.takeOver: "yes" is neither true nor false/],
  ["an unknown end", { onDelete: "delete" }, /target\.onDelete: "delete" is not known/],
])("refuses %s", (_what, changes, message) => {
  expect(() => parse(changes)).toThrow(message);
  expect(() => parse(changes)).not.toThrow(/first|second/);
});

test("password and token do not enter the state", () => {
  for (const name of ["password", "token"]) {
    const { rest, credentials } = takeCredentials(f5({ ...given, [name]: "hidden" }));
    expect(rest).toEqual({ kind: "f5", ...given });
    expect(credentials).toEqual({ [`/${name}`]: "hidden" });
  }
});

describe("credentials", () => {
  const names = ["BIGIP_USER", "BIGIP_PASSWORD", "BIGIP_TOKEN_VALUE"] as const;
  const before = names.map((name) => [name, process.env[name]] as const);
  beforeEach(() => names.forEach((name) => delete process.env[name]));
  afterAll(() => {
    for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
  });

  test("of the program go before those of the environment, as a whole", () => {
    process.env.BIGIP_TOKEN_VALUE = "from the environment";
    expect(credentialsOf(parse({ password: "given" }))).toEqual({
      user: "pulumi",
      password: "given",
      loginProvider: "tmos",
    });
    expect(credentialsOf(parse())).toEqual({ token: "from the environment" });
    delete process.env.BIGIP_TOKEN_VALUE;
    expect(credentialsOf(parse())).toBeUndefined();
    process.env.BIGIP_PASSWORD = "from the environment";
    expect(credentialsOf(parse())).toMatchObject({ user: "pulumi", password: "from the environment" });
    expect(credentialsOf(parse({ user: undefined }))).toBeUndefined();
  });

  test("that a preview does not know yet are no reason to refuse anything", async () => {
    await f5Target.preflight(parse(), { host: localHost, resource: "project/stack/web" });
  });
});

test("through a host it is not reached", async () => {
  const host = { ...localHost, name: "deploy@edge-1.example.com" };
  await expect(f5Target.preflight(parse(), { host, resource: "project/stack/web" })).rejects.toMatchObject({
    code: "InvalidArgument",
    property: "waves",
  });
});
