import { type SshSpec, parseSsh } from "../../../../sdk/targets/hosts/sshSpec";
import { bySudo, sudoFix, sudoersCommand } from "../../../../sdk/targets/hosts/sudo";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA1";
const spec = (sudo: boolean): SshSpec =>
  parseSsh({ kind: "ssh", host: "edge-1.example.com", user: "deploy", hostKey, sudo }, "host");
const ended = (code: number, output: string) => ({ code, signal: undefined, timedOut: false, stdout: "", output });
const reload = ["/usr/bin/systemctl", "reload", "nginx"];

test("only where the host says so", () => {
  expect(bySudo(spec(false))).toEqual([]);
  expect(bySudo(spec(true))).toEqual(["sudo", "-n", "--"]);
});

test.each([
  [["/usr/sbin/nginx", "-t"], "/usr/sbin/nginx -t"],
  [["/usr/bin/socat", "-", "UNIX-CONNECT:/run/admin.sock"], "/usr/bin/socat - UNIX-CONNECT\\:/run/admin.sock"],
  [["/bin/sh", "-c", "a, b=c:d*"], "/bin/sh -c a\\,\\ b\\=c\\:d\\*"],
  // Without this it would be allowed with any arguments.
  [["/usr/sbin/update-ca-certificates"], '/usr/sbin/update-ca-certificates ""'],
])("%j is allowed by a line of sudoers", (command, line) => {
  expect(sudoersCommand(command)).toBe(line);
});

test.each([
  "sudo: a password is required",
  "Sorry, user deploy is not allowed to execute '/usr/bin/systemctl reload nginx' as root on edge-1.",
  "deploy is not in the sudoers file.",
])("%s: the line that is missing", (said) => {
  expect(sudoFix(spec(true), reload, ended(1, said))).toBe(
    "On deploy@edge-1.example.com sudo does not run it: put this line into /etc/sudoers.d/deploy there: deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload nginx",
  );
});

test("no sudo on the host", () => {
  const said = "timeout: failed to run command 'sudo': No such file or directory";
  expect(sudoFix(spec(true), reload, ended(127, said))).toContain("There is no sudo on deploy@edge-1.example.com");
});

test("nothing is said of a command that failed by itself, or without sudo", () => {
  expect(sudoFix(spec(true), reload, ended(1, "Job for nginx.service failed."))).toBe("");
  expect(sudoFix(spec(false), reload, ended(1, "sudo: a password is required"))).toBe("");
  expect(sudoFix(spec(true), reload, ended(0, "sudo: unable to resolve host edge-1"))).toBe("");
});
