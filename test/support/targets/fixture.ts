import type { AnyTargetKind } from "../../../sdk/targets/registry";
import type { Requirement } from "../requirements";
import type { TestMaterial } from "./material";

/** The commands of a target that a test can let fail. */
export type Refusable = "checkStaged" | "check" | "reload";

/** A target with a server of its own, made for one test. */
export interface TestTarget {
  /** The description, as a program's factory and the state hold it. */
  readonly args: Record<string, unknown>;
  /** The fingerprint of what the server uses, which changes only when it is told to; undefined before that. */
  served(): string | undefined | Promise<string | undefined>;
  /** The fingerprint of what stands there for the server to read; fails if certificate and key do not fit. */
  stored(): string | undefined;
  /** How often the server was told to read it again. */
  reloads(): number;
  /** From now on this command fails; undefined: none does. */
  refuse(command: Refusable | undefined): void;
  /** Changes what was deployed, as someone by hand would. */
  damage(): void;
  /** Everything that a rewrite would change: inodes, times, sizes. */
  traces(): unknown;
  /** What an earlier run left on the target that belongs neither to the current nor to the previous revision. */
  leftovers(): string[];
  /** Whether anything that was deployed is left. */
  left(): boolean;
  remove(): void | Promise<void>;
}

export interface TargetFixture {
  readonly kind: AnyTargetKind;
  /** What is particular to this fixture, where a kind has several. */
  readonly variant?: string;
  /** The program of its server, if not every machine has it. */
  readonly needs?: Requirement;
  /** Its server uses what was switched to at once, without being told. */
  readonly watches?: boolean;
  /** Which commands the kind can be described with. */
  readonly refusable: readonly Refusable[];
  create(): TestTarget | Promise<TestTarget>;
  /** A certificate that differs from others in what this kind deploys. @default another certificate of one CA */
  material?(): Promise<TestMaterial>;
  /** Ends what its targets share. */
  end?(): Promise<void>;
  /** A description of the same kind at a place where nothing can be written, even by root. */
  readonly unwritable: Record<string, unknown>;
}
