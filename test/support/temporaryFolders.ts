import os from "node:os";

/**
 * Has temporary folders made in another one until the function that it returns is called, which says how many were.
 * Jest gives tests an environment of their own, in which TMPDIR has no effect.
 */
export function temporaryFoldersIn(folder: string): () => number {
  const spy = jest.spyOn(os, "tmpdir").mockReturnValue(folder);
  return () => {
    const made = spy.mock.calls.length;
    spy.mockRestore();
    return made;
  };
}
