import { X509Certificate } from "node:crypto";
import { httpRequest } from "../../sdk/net/http";
import { F5Server } from "../support/f5Server";
import { certificatesSentTo } from "../support/opensslClient";
import { type TestCertificate, type TestKeyType, issueTestCertificate } from "../support/testCertificates";

// That the stand-in refuses what a BIG-IP refuses, by its wire format alone: no code of the target is used here.

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

let bigIp: F5Server;
let token: string;
let port: number;
const profile = "/Common/clientssl-web";

const send = async (
  method: string,
  path: string,
  body?: object | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const isBytes = body instanceof Uint8Array;
  const answer = await httpRequest({
    url: `${bigIp.address}/mgmt${path}`,
    method,
    headers: {
      "x-f5-auth-token": token,
      "content-type": isBytes ? "application/octet-stream" : "application/json",
      ...headers,
    },
    ...(body !== undefined && { body: isBytes ? body : JSON.stringify(body) }),
    caBundlePem: bigIp.caBundlePem,
  });
  return { status: answer.status, json: JSON.parse(answer.body.toString()) as Record<string, unknown> };
};
const logIn = (password: string): Promise<Answer> =>
  send("POST", "/shared/authn/login", { username: "admin", password, loginProviderName: "tmos" });
const upload = async (name: string, text: string): Promise<void> => {
  const bytes = Buffer.from(text);
  const range = { "content-range": `0-${String(bytes.length - 1)}/${String(bytes.length)}` };
  expect(await send("POST", `/shared/file-transfer/uploads/${name}`, bytes, range)).toMatchObject({ status: 200 });
};
const install = async (kind: "ssl-key" | "ssl-cert", name: string, text: string): Promise<Answer> => {
  await upload(name, text);
  const sourcePath = `file:/var/config/rest/downloads/${name}`;
  return send("POST", `/tm/sys/file/${kind}`, { name, partition: "Common", sourcePath });
};
const installPair = async (name: string, keyType: TestKeyType): Promise<TestCertificate> => {
  const made = await issueTestCertificate(undefined, { keyType });
  expect((await install("ssl-key", `${name}.key`, made.privateKeyPem)).status).toBe(200);
  expect((await install("ssl-cert", `${name}.crt`, made.certificatePem)).status).toBe(200);
  return made;
};
const entry = (name: string, cert = name, key = name) => ({
  name,
  cert: `/Common/${cert}.crt`,
  key: `/Common/${key}.key`,
});
const bind = (...certKeyChain: object[]): Promise<Answer> =>
  send("PATCH", "/tm/ltm/profile/client-ssl/~Common~clientssl-web", { certKeyChain });
const begin = async (): Promise<string> => String((await send("POST", "/tm/transaction", {})).json.transId);
const inTransaction = (id: string, ...certKeyChain: object[]): Promise<Answer> =>
  send(
    "PATCH",
    "/tm/ltm/profile/client-ssl/~Common~clientssl-web",
    { certKeyChain },
    { "x-f5-rest-coordination-id": id },
  );
const end = (id: string, body: object = { state: "VALIDATING" }): Promise<Answer> =>
  send("PATCH", `/tm/transaction/${id}`, body);
const served = async (): Promise<string | undefined> => {
  const [sent] = await certificatesSentTo(port, "1.3", "web.example.com");
  return sent && new X509Certificate(sent).fingerprint256.replaceAll(":", "").toLowerCase();
};

beforeAll(async () => {
  bigIp = await F5Server.start();
  port = await bigIp.addVirtual(profile);
  token = "";
  const { json } = await logIn(bigIp.credentials.password);
  token = (json.token as { token: string }).token;
});
afterAll(() => bigIp.stop());

test("tokens: none, an unknown one, an expired one, a wrong password, one that was deleted, too many", async () => {
  const own = token;
  token = "UNKNOWN";
  expect(await send("GET", "/tm/sys/file/ssl-cert/~Common~default.crt")).toMatchObject({
    status: 401,
    json: { code: 401, message: "X-F5-Auth-Token does not exist.", errorStack: [] },
  });
  bigIp.tokens.set(token, { user: "admin", expires: Date.now() - 1 });
  expect((await send("GET", "/tm/sys/file/ssl-cert/~Common~default.crt")).json.message).toBe(
    "X-F5-Auth-Token has expired.",
  );
  expect((await logIn("wrong")).status).toBe(401);
  token = ((await logIn(bigIp.credentials.password)).json.token as { token: string }).token;
  expect((await send("DELETE", `/shared/authz/tokens/${token}`)).status).toBe(200);
  expect((await send("GET", "/tm/sys/file/ssl-cert/~Common~default.crt")).status).toBe(401);
  for (let held = 1; held < 100; held += 1)
    bigIp.tokens.set(`TOKEN${String(held)}`, { user: "admin", expires: Date.now() + 60_000 });
  expect((await logIn(bigIp.credentials.password)).json.message).toBe(
    "user admin has reached maximum active login tokens",
  );
  for (let held = 1; held < 100; held += 1) bigIp.tokens.delete(`TOKEN${String(held)}`);
  token = own;
});

test("uploads: ranges that do not fit, chunks that are too large, an incomplete file", async () => {
  const uploads = "/shared/file-transfer/uploads/some.crt";
  const bytes = Buffer.from("0123456789");
  const ranged = (range: string, body = bytes): Promise<Answer> =>
    send("POST", uploads, body, { "content-range": range });
  expect((await send("POST", uploads, bytes)).status).toBe(400);
  for (const range of ["0-8/10", "0-9/9", "10-19/20", "bytes 0-9/10"]) expect((await ranged(range)).status).toBe(400);
  const large = Buffer.alloc(1024 * 1024 + 1);
  expect((await ranged(`0-${String(large.length - 1)}/${String(large.length)}`, large)).status).toBe(400);
  expect((await ranged("0-9/20")).json.remainingByteCount).toBe(10);
  const incomplete = { name: "some.crt", partition: "Common", sourcePath: "file:/var/config/rest/downloads/some.crt" };
  expect((await send("POST", "/tm/sys/file/ssl-cert", incomplete)).status).toBe(400);
  expect((await ranged("10-19/20")).json.remainingByteCount).toBe(0);
});

test("file objects: there already, not there, no key at all, a key of a kind that it does not take", async () => {
  const { privateKeyPem } = await installPair("twice", "ECDSA");
  expect(await install("ssl-key", "twice.key", privateKeyPem)).toMatchObject({
    status: 409,
    json: {
      message: "01020066:3: The requested Certificate Key File (/Common/twice.key) already exists in partition Common.",
    },
  });
  expect(await send("GET", "/tm/sys/file/ssl-cert/~Common~none.crt")).toMatchObject({
    status: 404,
    json: { message: "01020036:3: The requested Certificate File (/Common/none.crt) was not found." },
  });
  expect((await install("ssl-key", "text.key", "no key")).status).toBe(400);
  const ed25519 = await issueTestCertificate(undefined, { keyType: "Ed25519" });
  expect((await install("ssl-key", "ed25519.key", ed25519.privateKeyPem)).status).toBe(400);
});

test("profiles: key and certificate that do not match, missing ones, two of one type, unknown properties", async () => {
  await installPair("one", "ECDSA");
  await installPair("two", "ECDSA");
  const refusals = [
    [bind(entry("web", "one", "two")), `01070317:3: profile ${profile}'s key and certificate do not match`],
    [bind(entry("web", "none", "one")), "0107134a:3: File object by name (/Common/none.crt) is missing."],
    [bind(entry("web", "one", "none")), "01070277:3: The requested key (/Common/none.key) was not found."],
    [
      bind(entry("one"), entry("two")),
      `010717e1:3: Client SSL profile (${profile}): cannot contain more than one set of same certificate/key type.`,
    ],
    [send("PATCH", "/tm/ltm/profile/client-ssl/~Common~clientssl-web", { cypher: "x" }), '"cypher" unknown property'],
  ] as const;
  for (const [answer, message] of refusals) expect(await answer).toMatchObject({ status: 400, json: { message } });
});

test("a file in use is not deleted; one that is not, is", async () => {
  const { fingerprintSha256 } = await installPair("used", "ECDSA");
  await installPair("unused", "ECDSA");
  expect((await bind(entry("used"))).status).toBe(200);
  expect(await served()).toBe(fingerprintSha256);
  expect(await send("DELETE", "/tm/sys/file/ssl-cert/~Common~used.crt")).toMatchObject({
    status: 400,
    json: { message: "01071349:3: File object by name (/Common/used.crt) is in use." },
  });
  expect((await send("DELETE", "/tm/sys/file/ssl-cert/~Common~unused.crt")).status).toBe(200);
  expect((await send("DELETE", "/tm/sys/file/ssl-cert/~Common~unused.crt")).status).toBe(404);
});

test("transactions: nothing before the commit, nothing by validation, all or nothing, once, not for ever", async () => {
  const { fingerprintSha256 } = await installPair("before", "ECDSA");
  const after = await installPair("after", "ECDSA");
  await bind(entry("web", "before", "before"));
  const id = await begin();
  expect((await inTransaction(id, entry("web", "after", "after"))).json.kind).toBe("tm:transaction:commandsstate");
  expect(await served()).toBe(fingerprintSha256);
  expect((await end(id, { state: "VALIDATING", validateOnly: true })).status).toBe(200);
  expect(await served()).toBe(fingerprintSha256);

  const failing = await begin();
  await inTransaction(failing, entry("web", "after", "after"));
  await inTransaction(failing, entry("web", "after", "before"));
  expect(await end(failing)).toMatchObject({
    status: 400,
    json: { message: `transaction failed:01070317:3: profile ${profile}'s key and certificate do not match` },
  });
  expect(await served()).toBe(fingerprintSha256);
  expect((await end(failing)).status).toBe(404);

  const late = await begin();
  await inTransaction(late, entry("web", "after", "after"));
  bigIp.transactions.age(121_000);
  expect((await end(late)).status).toBe(404);
  expect((await inTransaction("1", entry("web", "after", "after"))).status).toBe(404);
  expect(await served()).toBe(fingerprintSha256);

  const good = await begin();
  await inTransaction(good, entry("web", "after", "after"));
  expect((await end(good)).json.state).toBe("COMPLETED");
  expect(await served()).toBe(after.fingerprintSha256);
});

test("what was not saved is gone after a start", async () => {
  await installPair("lost", "ECDSA");
  expect((await send("POST", "/tm/sys/config", { command: "save" })).status).toBe(200);
  const before = await served();
  await installPair("unsaved", "ECDSA");
  await bind(entry("web", "unsaved", "unsaved"));
  bigIp.restart();
  expect(await served()).toBe(before);
  token = "";
  token = ((await logIn(bigIp.credentials.password)).json.token as { token: string }).token;
  expect((await send("GET", "/tm/sys/file/ssl-cert/~Common~unsaved.crt")).status).toBe(404);
  expect((await send("GET", "/tm/sys/file/ssl-cert/~Common~lost.crt")).status).toBe(200);
});
