import type { Packages, Store } from '@secor/store';

export type Dependencies = {
  readonly store: Store;
  readonly packages: Packages;
  /** Gives the `sub` of who signs in with an address, or undefined; absent where the stage has no user pool of its own. */
  readonly users?: (email: string) => Promise<string | undefined>;
};
