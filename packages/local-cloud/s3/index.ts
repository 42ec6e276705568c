export type { S3Options } from './context.ts';
export type { CorsRule } from './cors.ts';
export type { ObjectCreatedListener } from './delivery.ts';
export {
  type NotificationSource,
  type ObjectCreated,
  objectCreatedNotification,
  testEvent,
} from './notification.ts';
export { createS3Engine, type S3Engine } from './s3-engine.ts';
