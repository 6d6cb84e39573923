import { plainStacks } from "../../../sdk/resources/plainStacks";

const { prepareStackTrace, stackTraceLimit } = Error;
afterEach(() => {
  Error.prepareStackTrace = prepareStackTrace;
  Error.stackTraceLimit = stackTraceLimit;
});

test("only the first stack, the place in the user's program, is translated until the registration ends", () => {
  const translate = jest.fn(() => "translated");
  Error.prepareStackTrace = translate;
  const end = plainStacks();
  expect(new Error("place").stack).toBe("translated");
  expect(new Error("promise").stack).not.toBe("translated");
  expect(translate).toHaveBeenCalledTimes(1);
  end();
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  expect(new Error("after").stack).toBe("translated");
});
