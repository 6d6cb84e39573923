/** Runs a step of the provider, whose errors begin with what was tried: `importing ACM Certificate: operation error …`. */
export async function saying<Result>(step: string, operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    throw new Error(`${step}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
