/** What is written as elements; a list is written as an element of its name each. */
export type XmlValue =
  string | number | boolean | undefined | readonly XmlValue[] | { readonly [name: string]: XmlValue };

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** The elements of AWS's answers as objects, text as strings; attributes and the root's own name are left out. */
export function readXml(text: string): any {
  const tokens = text.matchAll(/<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)|<[?!][^>]*>/g);
  const root: Element = { name: "", children: [], text: "" };
  const open = [root];
  for (const [, closing, name, empty, content] of tokens) {
    const top = open[open.length - 1] as Element;
    if (content !== undefined) top.text += content;
    if (name === undefined) continue;
    if (closing === "/") {
      open.pop();
      continue;
    }
    const element: Element = { name, children: [], text: "" };
    top.children.push(element);
    if (empty !== "/") open.push(element);
  }
  return valueOf(root.children[0] ?? root);
}

export function writeXml(name: string, value: XmlValue, attributes = ""): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map((each: XmlValue) => writeXml(name, each)).join("");
  const inner =
    typeof value === "object"
      ? Object.entries(value)
          .map(([key, child]) => writeXml(key, child))
          .join("")
      : String(value).replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<${name}${attributes}>${inner}</${name}>`;
}

interface Element {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

/** `member` and `item` stand for the entries of a list, however many there are. */
function valueOf({ children, text }: Element): any {
  if (children.length === 0) return decoded(text.trim());
  if (children.every(({ name }) => name === "member" || name === "item")) return children.map(valueOf);
  const found: Record<string, any> = {};
  for (const child of children) {
    const value: unknown = valueOf(child);
    const before = found[child.name];
    if (before === undefined) found[child.name] = value;
    else if (Array.isArray(before)) before.push(value);
    else found[child.name] = [before, value];
  }
  return found;
}

function decoded(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex: string, decimal: string, name: string) =>
    name === undefined
      ? String.fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16))
      : (entities[name] ?? whole),
  );
}

/** A list of a REST service (`<Items><CNAME>…</CNAME></Items>`), which is no list where it has one entry or none. */
export function listOf(value: unknown): any[] {
  if (value === undefined || value === "") return [];
  return Array.isArray(value) ? value : [value];
}
