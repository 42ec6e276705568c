import type { Records, Store } from '@secor/store';

export type Dependencies = { readonly store: Store; readonly records: Records };
