import type { Packages, Records, Store } from '@secor/store';
import type { Outlook } from './outlook.ts';

export type Dependencies = {
  readonly store: Store;
  readonly records: Records;
  readonly packages: Packages;
  readonly outlook: Outlook;
};
