/**
 * Shows a line of progress while the run goes on: the engine prints what a provider writes to its standard output.
 *
 * @param name project, stack and name of the resource that it is about
 */
export function reportProgress(name: string, line: string): void {
  process.stdout.write(`${name}: ${line}\n`);
}
