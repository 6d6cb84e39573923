// What a Pulumi operation said, without its progress and the outputs.

/** Set on purpose here, and said above the operation. */
const timeTravel = "PULUMI_CERTIFICATES_NOW is set";

/** The resources that change, what was said about each resource, and the counts. */
export function essence(output) {
  const lines = output.split("\n");
  return [
    ...changes(lines),
    ...diagnostics(lines),
    ...section(lines, "Resources:").map((line) => `    ${line.trim()}`),
  ];
}

/** The engine writes a line at each step of a resource: the last one counts. Of components there is no last one. */
function changes(lines) {
  const last = new Map();
  for (const line of lines) {
    const [, sign, token, name, done] = /^ *([+~-]+) +(\S+:\w+) (\S+) (\*{0,2}\w+)/.exec(line) ?? [];
    const type = token && typeOf(token);
    if (token === undefined || type === "Stack") continue;
    const isReplaced = sign === "--" && last.has(`${type} ${name}`); // the end of the one that was replaced
    last.set(
      `${type} ${name}`,
      ` ${isReplaced ? "+-" : sign} ${type} ${name} ${isReplaced ? done.replace("delet", "replac") : done}`,
    );
  }
  return [...last.values()].filter((line) => !/ (?:creat|updat|delet|replac)ing$/.test(line));
}

/** The class of a resource of this package; `aws:acm:Certificate` of another one. */
const typeOf = (token) => (token.startsWith("pulumi") ? token.slice(token.lastIndexOf(":") + 1) : token);

/** Each below the name of its resource. */
function diagnostics(lines) {
  const found = [];
  let header = "";
  for (const line of section(lines, "Diagnostics:")) {
    const [, type, name] = /^ {2}\S+:(\w+) \((\S+)\):$/.exec(line) ?? [];
    if (type !== undefined) header = ` ${type === "Stack" ? "stack" : name}:`;
    else if (line.trim() !== "" && !line.includes(timeTravel)) {
      found.push(...(header === "" ? [] : [header]), `    ${line.trim()}`);
      header = "";
    }
  }
  return found;
}

/** The lines below a heading, up to the next line that is not indented. */
function section(lines, heading) {
  const at = lines.indexOf(heading);
  if (at < 0) return [];
  const end = lines.findIndex((line, index) => index > at && /^\S/.test(line));
  return lines.slice(at + 1, end < 0 ? undefined : end).filter((line) => line.trim() !== "");
}
