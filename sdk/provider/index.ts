import { lazyProvider } from "./lazy";

/**
 * The providers behind the resources. This subpath and these names stand in the state of every stack that uses the
 * package: they stay, whatever else changes.
 */
export { certificate } from "./certificate";
export { certificateSet } from "./certificateSet";
export { certificateAuthority } from "./certificateAuthority";
export { certificateDeployment } from "./certificateDeployment";
export { deploymentSet } from "./deploymentSet";
export { endpointVerification } from "./endpointVerification";

export const acmeAccount = lazyProvider(() => (require("./acmeAccount") as typeof import("./acmeAccount")).acmeAccount);
