import { lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeHosts } from "../../sdk/targets/hosts/hosts";
import { certbotLineage, opensslCa } from "../support/certbotFolder";
import {
  type Properties,
  type State,
  args,
  base,
  check,
  create,
  directory,
  fresh,
  old,
  partial,
  provider,
  target,
  update,
  useDeployments,
} from "../support/deployments";
import { pairIn } from "../support/targets/files";
import { needs } from "../support/requirements";
import { type SshServer, startSshServer } from "../support/sshServer";

useDeployments();
afterEach(() => closeHosts());

const sshd = needs("sshd");
let server: SshServer;

/** The one host over SSH, which is this machine, and no host: this machine itself. */
const overSsh = (): Properties => {
  const { address: host, port, user, hostKey, identityFile } = server;
  return { waves: [[{ kind: "ssh", host, port, user, hostKey, identityFile }]] };
};

/** What makes the place one of somebody else's; it returns how a message names them. */
const places: Record<string, { make: () => void; files?: Properties; message: RegExp }> = {
  "certbot's live folder": {
    make: () => certbot(),
    message:
      /live\/web\.example\.com\/fullchain\.pem is a link of certbot \(to \.\.\/\.\.\/archive\/web\.example\.com\//,
  },
  "a new file in certbot's live folder": {
    make: () => certbot(),
    files: { "haproxy.pem": "combined" },
    message: /live\/web\.example\.com is a folder of certbot \(.*\/renewal\/web\.example\.com\.conf\)\. Use another/,
  },
  "a volume of cert-manager's CSI driver": {
    make: () => volume(),
    files: { "tls.crt": "fullChain", "tls.key": "privateKey" },
    message: /tls\.crt is a link of Kubernetes, as in a mounted secret or cert-manager's CSI driver/,
  },
  "a new file in such a volume": {
    make: () => volume(),
    message: /live\/web\.example\.com is a volume that Kubernetes fills/,
  },
  "a file that nobody is known to have written": {
    make: () => {
      mkdirSync(place(), { recursive: true });
      writeFileSync(join(place(), "privkey.pem"), old.privateKeyPem, { mode: 0o600 });
    },
    message: /live\/web\.example\.com\/privkey\.pem is a file that this resource did not write/,
  },
};

const place = (): string => join(base, "live", "web.example.com");

function certbot(): void {
  const ca = opensslCa(join(base, "ca"));
  certbotLineage(base, ca, "web.example.com", { names: ["web.example.com"], renewal: ["authenticator = standalone"] });
}

/** As the kubelet's AtomicWriter lays it out. */
function volume(): void {
  const version = join(place(), "..2026_11_23_00_00_00.1");
  mkdirSync(version, { recursive: true });
  for (const name of ["tls.crt", "tls.key"]) {
    writeFileSync(join(version, name), "x");
    symlinkSync(`..data/${name}`, join(place(), name));
  }
  symlinkSync("..2026_11_23_00_00_00.1", join(place(), "..data"));
}

/** Everything below a folder, with what it is and says. */
function contentsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, mtimeMs } = lstatSync(path);
      return `${path} ${mode.toString(8)} ${entry.isFile() ? readFileSync(path, "utf8") : mtimeMs}`;
    })
    .sort();
}

const given = (files: Properties | undefined, more: Properties = {}): Properties =>
  args(fresh, { target: target({ directory: place(), ...(files && { files }) }), ...more });

const cases = Object.entries(places);

test.each(cases)("%s is refused by the preview without takeOver", async (_title, { make, files, message }) => {
  make();
  const before = contentsOf(base);
  await expect(check(given(files))).rejects.toThrow(message);
  expect(contentsOf(base)).toEqual(before);
});

sshd.describe("on a host", () => {
  beforeAll(async () => {
    server = await startSshServer(sshd.program);
  });
  afterAll(() => server.stop());

  test.each(cases)("%s is refused by the run, which names the host", async (_title, { make, files, message }) => {
    make();
    const before = contentsOf(base);
    const { reasons } = await partial(create(given(files, overSsh())));
    expect(reasons.join()).toMatch(message);
    expect(reasons.join()).toContain(`${server.user}@${server.address}:${server.port}`);
    expect(contentsOf(base)).toEqual(before);
  });

  test("what certbot has is taken over when that is asked for, and comes back", async () => {
    certbot();
    const before = readFileSync(join(place(), "fullchain.pem"), "utf8");
    const taken = target({ directory: place(), takeOver: true });
    const its = pairIn(place());
    const there = await create(args(fresh, { target: taken, ...overSsh() }));
    expect(pairIn(place())).toBe(fresh.fingerprintSha256);
    await update(there, args(fresh, { target: taken, revision: "previous", ...overSsh() }));
    expect(pairIn(place())).toBe(its);
    expect(readFileSync(join(base, "live", "web.example.com", "README"), "utf8")).toContain("your keys");
    expect(readFileSync(join(base, "archive", "web.example.com", "fullchain3.pem"), "utf8")).toBe(before);
  });

  test("the owner is written beside the files, as on this machine, and who comes after is told whose they are", async () => {
    const owner = { team: "payments", ticket: "PKI-7" };
    const record = ({ id }: State): unknown => {
      const path = join(directory, ".pulumi-certificates", id, "owner.json");
      expect((lstatSync(path).mode & 0o777).toString(8)).toBe("644");
      return JSON.parse(readFileSync(path, "utf8"));
    };
    const there = await create(args(fresh, { owner, ...overSsh() }));
    const expected = {
      ...{ managedBy: "pulumi-certificates", resource: "project/stack/edge", owner },
      fingerprintSha256: fresh.fingerprintSha256,
    };
    expect(record(there)).toEqual(expected);
    const { reasons } = await partial(create(args(old, { name: "other/stack/edge", ...overSsh() })));
    expect(reasons.join()).toContain("fullchain.pem was deployed by project/stack/edge.");
    await expect(check(args(old, { name: "other/stack/edge" }))).rejects.toThrow("was deployed by project/stack/edge.");
    expect(pairIn(directory)).toBe(fresh.fingerprintSha256);
    await provider.delete(there.id, there.outs);
    expect(record(there)).toEqual({ ...expected, released: true });
    const here = await create(args(old, { name: "other/stack/edge", owner }));
    expect(record(here)).toMatchObject({ resource: "other/stack/edge", owner });
  });
});
