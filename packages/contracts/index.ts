export * from './api.ts';
export * from './client.ts';
export * from './idempotency.ts';
export * from './messages.ts';
export * from './package-format.ts';
export * from './problem.ts';
