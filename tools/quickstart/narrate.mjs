// What the quickstart says: numbered steps with the time each took, and text between them.
import { isInterrupted, throwIfInterrupted } from "./interruption.mjs";

const chapters = 10;
let current = 0;
const width = 76;

export const say = (text = "") => process.stdout.write(`${text}\n`);

/** A paragraph, indented and wrapped; lines that are indented already stay as they are. */
export function tell(text) {
  for (const line of text.split("\n")) say(line.startsWith(" ") ? `     ${line}` : wrap(line));
}

function wrap(text) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== "" && line.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => `     ${line}`.trimEnd()).join("\n");
}

/** One numbered step: its title first, a sign of life every 10 s, how long it took at its end. */
export async function chapter(title, action) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  say(`\n${String((current += 1)).padStart(2)}/${chapters} ${title}`);
  const timer = setInterval(() => say(`     … still at it, ${seconds()}`), 10_000);
  try {
    const result = await action();
    throwIfInterrupted();
    say(`     [${seconds()}]`);
    return result;
  } catch (error) {
    say(`     [${isInterrupted() ? "interrupted" : "failed"} after ${seconds()}]`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}
