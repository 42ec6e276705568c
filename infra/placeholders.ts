import type { Stage } from './stage.ts';

/** Names that nobody owns (RFC 2606 and 6761). */
const NOBODYS_DOMAIN = /(^|[@/.])(example\.(org|com|net)|[a-z0-9-]+\.(example|test|invalid))($|[/:])/i;
/** Numbers of the North American plan that are kept for stories. */
const NOBODYS_PHONE = /555[ .-]?01\d\d/;

/** Whether an account is one that stands in examples: 111111111111 and its like, or 123456789012. */
export function isPlaceholderAccount(account: string): boolean {
  return /^(\d)\1{11}$/.test(account) || account === '123456789012';
}

/** A setting whose value is a placeholder, by its path: `partner.email`. */
export type Placeholder = { readonly field: string; readonly value: string };

/** The settings of a stage that still hold what its file was written with, but for the account. */
export function placeholdersOf({ account: _, name: __, ...settings }: Stage): readonly Placeholder[] {
  return find('', settings);
}

function find(field: string, value: unknown): Placeholder[] {
  if (typeof value === 'string') {
    const isPlaceholder = NOBODYS_DOMAIN.test(value) || NOBODYS_PHONE.test(value) || value.startsWith('Example ');
    return isPlaceholder ? [{ field, value }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => find(field === '' ? key : `${field}.${key}`, each));
}
