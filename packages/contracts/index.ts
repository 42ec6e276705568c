export * from './api.ts';
export * from './client.ts';
export * from './idempotency.ts';
export * from './imports.ts';
export * from './messages.ts';
export * from './package-format.ts';
export * from './people.ts';
export * from './problem.ts';
