/**
 * For the time of a resource's registration, stack traces are not translated through source maps.
 *
 * The SDK takes a stack trace for each promise of each property, about a hundred for a certificate, only to tell where
 * a leaked promise came from. Under the source-map support that the SDK installs they cost more than all the rest of
 * the program: two thirds of the time of a thousand certificates. The first one is kept as it is: it is the place in
 * the user's program that the engine records.
 *
 * @returns what ends it
 */
export function plainStacks(): () => void {
  const { prepareStackTrace: translate, stackTraceLimit } = Error;
  if (translate === undefined) return () => undefined;
  Error.prepareStackTrace = (error, frames) => {
    Error.stackTraceLimit = 0;
    Error.prepareStackTrace = String;
    return translate(error, frames) as unknown;
  };
  return () => {
    Error.prepareStackTrace = translate;
    Error.stackTraceLimit = stackTraceLimit;
  };
}
