import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "./engine";

/**
 * The environment in which every Node process of a command, the provider too, has a clock that is off by so many days:
 * unlike with PULUMI_CERTIFICATES_NOW, what is issued starts at that time.
 */
export function shiftedClock(stack: Stack, days: number): Record<string, string> {
  const file = join(stack.folder, `clock${days}.cjs`);
  const by = days * 86_400_000;
  writeFileSync(
    file,
    `const now = Date.now.bind(Date);
     globalThis.Date = class extends Date {
       constructor(...args) { args.length === 0 ? super(now() + ${by}) : super(...args); }
       static now() { return now() + ${by}; }
     };`,
  );
  return { NODE_OPTIONS: `--require ${file}` };
}
