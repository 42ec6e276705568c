import type { Records, Store } from '@secor/store';
import type { Packages } from '../shared/upload-link.ts';
import type { Outlook } from './outlook.ts';

export type Dependencies = {
  readonly store: Store;
  readonly records: Records;
  readonly packages: Packages;
  readonly outlook: Outlook;
};
