/** Runs `work` for 0, 1, 2, …, `count` - 1, so many at once. */
export async function inFlight(count, limit, work) {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
}
