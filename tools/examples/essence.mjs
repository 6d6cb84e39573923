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

/** The engine writes a line at each step of a resource: the last one counts. */
function changes(lines) {
  const last = new Map();
  for (const line of lines) {
    const [, sign, type, name, done] = /^ *([+~-]+) +\S+:(\w+) (\S+) (\*{0,2}\w+)/.exec(line) ?? [];
    if (type !== undefined && type !== "Stack") last.set(`${type} ${name}`, ` ${sign} ${type} ${name} ${done}`);
  }
  return [...last.values()];
}

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
