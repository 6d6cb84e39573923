type Prepare = NonNullable<typeof Error.prepareStackTrace>;

/** So that it is put around the one translation once, whatever the number of resources. */
const around = new WeakMap<Prepare, Prepare>();

/**
 * For the time of a resource's registration no stack traces are taken, and after it those that the SDK keeps with its
 * promises are not translated through source maps.
 *
 * The SDK takes one for each promise of each property, about a hundred for a certificate, only to tell where a leaked
 * promise came from. Under the source-map support that the SDK installs they cost more than all the rest of the
 * program: two thirds of the time of a thousand certificates. The first one is kept as it is: it is the place in the
 * user's program that the engine records. Errors are translated as before.
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
    Error.prepareStackTrace = withoutPromises(translate);
    Error.stackTraceLimit = stackTraceLimit;
  };
}

function withoutPromises(translate: Prepare): Prepare {
  let prepare = around.get(translate);
  if (prepare === undefined) {
    prepare = (error, frames) =>
      frames[0]?.getFunctionName() === "debuggablePromise" ? String(error) : (translate(error, frames) as unknown);
    around.set(translate, prepare);
    around.set(prepare, prepare);
  }
  return prepare;
}
