export type { OwnerArgs } from "../owner";
export type { Transform } from "../transform";
export type { VerifyArgs } from "../verified";
