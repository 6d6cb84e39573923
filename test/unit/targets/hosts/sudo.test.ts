import { sudoersCommand } from "../../../../sdk/targets/hosts/sudo";

test.each([
  [["/usr/sbin/nginx", "-t"], "/usr/sbin/nginx -t"],
  [["/bin/sh", "-c", "a, b=c:d"], "/bin/sh -c a\\,\\ b\\=c\\:d"],
  // Without this it would be allowed with any arguments.
  [["/usr/sbin/update-ca-certificates"], '/usr/sbin/update-ca-certificates ""'],
])("%j is allowed by a line of sudoers", (command, line) => {
  expect(sudoersCommand(command)).toBe(line);
});
