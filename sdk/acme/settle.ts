import { mapBounded } from "../verify/mapBounded";

/**
 * Does the work for every item, at most `limit` at once, and ends only when all of it has ended. Throws the first error
 * then: nothing is under way any more when its caller cleans up.
 */
export async function settleBounded<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const errors: unknown[] = [];
  const results = await mapBounded(items, limit, async (item) => {
    try {
      return await work(item);
    } catch (error) {
      errors.push(error);
      return undefined;
    }
  });
  if (errors.length > 0) throw errors[0];
  return results as R[];
}
