// Checks, presents and removes an answer in a process of its own, with its own environment:
//   node -r typescript.cjs presentProcess.ts '{"slot": "dns01", "args": …, "name": "web.example.com"}'
import { kindOfSolver, type SolverSlot } from "../../../sdk/solvers/registry";
import { testChallenge } from "./fixture";

async function main(): Promise<void> {
  const request = JSON.parse(process.argv[2] ?? "{}") as { slot: SolverSlot; args: unknown; name: string };
  const kind = kindOfSolver(request.slot, request.args, "solver");
  const spec = kind.parse(request.args, "solver");
  const context = { signal: AbortSignal.timeout(20_000), report: () => undefined };
  await kind.preflight?.(spec, [request.name], context);
  const answer = await kind.present(spec, testChallenge(kind.challenge, request.name), context);
  await answer.ready();
  await answer.remove();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
