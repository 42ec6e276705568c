export type { CorsRule } from './cors.ts';
export { type ObjectCreated, objectCreatedNotification, testEvent } from './notification.ts';
export { createS3Engine, type S3Engine } from './s3-engine.ts';
