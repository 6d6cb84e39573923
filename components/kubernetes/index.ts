export type { OwnerArgs } from "../owner";
export type { Transform } from "../transform";
export type { VerifyArgs } from "../verified";
export { type Labels, TlsSecret, type TlsSecretArgs } from "./tlsSecret";
export type { WorkloadArgs, WorkloadPatchArgs } from "./rolledWorkloads";
export type { TrustSource } from "./mergedRoots";
export { TrustBundle, type TrustBundleArgs } from "./trustBundle";
export type { TrustNamespace, TrustTargetArgs } from "./trustTargets";
