import { CertificatesError } from "../../errors";

/** Loads a vendor's SDK, an optional peer of this package; the error names what to install if it is missing. */
export async function optionalPackage<Module>(
  name: string,
  usedBy: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const isMissing = code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
    if (!isMissing || !String(message).includes(name)) throw error;
    throw new CertificatesError("InvalidArgument", `${usedBy} needs the package ${name}, which is not installed.`, {
      hint: `Install it beside this package: npm install ${name}`,
      cause: error,
    });
  }
}
