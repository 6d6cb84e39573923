import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import ts from "typescript";
import type { Candidate } from "../../../cli/import/consider";
import { programText } from "../../../cli/import/program";
import { parseCertificate } from "../../../sdk/x509/parse";
import { certbotLineage, opensslCa, type OpensslCa, opensslLeaf } from "../../support/certbotFolder";
import { typeErrors } from "../../support/docs/typeCheck";
import { importReport } from "../../support/runImport";

let folder: string;
let ca: OpensslCa;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
  ca = opensslCa(join(folder, "ca"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the written programs compile, with a parameter for the issuer and with an expression", async () => {
  const root = join(folder, "letsencrypt");
  certbotLineage(root, ca, "one", { names: ["one.example.com"], renewal: ["autorenew = False", "reuse_key = True"] });
  certbotLineage(root, ca, "two", { names: ["*.two.example.com"], rsa: true, subject: '/O=Two "&" Sons/CN=two' });
  certbotLineage(root, ca, "addresses", { names: ["10.0.0.7", "2001:db8::7"], subject: "/" });
  const programs: Record<string, string> = {};
  for (const [name, issuer] of Object.entries({ parameter: [], expression: ["--issuer", "selfSigned()"] })) {
    const program = join(folder, `${name}.ts`);
    await importReport("certbot", root, "--out", program, ...issuer);
    programs[name] = readFileSync(program, "utf8");
  }
  expect(typeErrors(programs)).toEqual({ parameter: [], expression: [] });
  expect(
    Object.keys(typeErrors({ wrong: programs["expression"]!.replace("dnsNames", "dnsName") })["wrong"]!),
  ).not.toEqual([]);
});

test("what another tool or a folder's name says cannot break out of its comment or text", () => {
  const { certificatePem } = opensslLeaf(ca, { names: ["web.example.com"] });
  const facts = parseCertificate(certificatePem, "certificate");
  const hostile = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("\n;process.exit()//", "*/;x()/*", "\u2028x()", '"+x()+"', "${x()}", "`", "\\", "\r\nx()"),
  );
  fc.assert(
    fc.property(hostile, hostile, hostile, hostile, (origin, authenticator, path, command) => {
      const candidate: Candidate = {
        origin,
        authenticator,
        directory: path,
        pem: certificatePem,
        facts,
        chain: [],
      };
      const placed = { name: "web", candidate, certificatePath: path, privateKeyPath: command };
      const source = ts.createSourceFile("x.ts", programText([placed], { command }), ts.ScriptTarget.ES2022, true);
      const { parseDiagnostics } = source as unknown as { parseDiagnostics: unknown[] };
      expect(parseDiagnostics).toEqual([]);
      expect(source.statements.map(({ kind }) => ts.SyntaxKind[kind])).toEqual(["ImportDeclaration", "FirstStatement"]);
      const texts: string[] = [];
      const visit = (node: ts.Node): void => {
        if (ts.isStringLiteral(node)) texts.push(node.text);
        if (ts.isCallExpression(node)) throw new Error(`a call: ${node.getText()}`);
        ts.forEachChild(node, visit);
      };
      visit(source);
      expect(texts).toEqual(expect.arrayContaining([path, command]));
    }),
  );
});

test("a settings file that certbot would not write is read without harm", async () => {
  const root = join(folder, "odd");
  certbotLineage(root, ca, "odd", { names: ["odd.example.com"] });
  mkdirSync(join(root, "renewal"), { recursive: true });
  const conf = [
    "autorenew = False",
    "= x",
    "[renewalparams",
    "[renewalparams] # here",
    'authenticator = "webroot" # old',
    "  autorenew=off",
    "[[renewalparams]]",
    "autorenew = True",
  ];
  writeFileSync(join(root, "renewal", "odd.conf"), conf.join("\n"));
  const report = await importReport("certbot", root, "--out", join(folder, "odd.ts"));
  expect(report.imported).toEqual([expect.objectContaining({ authenticator: "webroot" })]);
});
