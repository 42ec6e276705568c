import type { Command } from './command.ts';

/** The commands in the order of the help; each is loaded when it is asked for. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  protocol: async () => (await import('./commands/protocol.ts')).protocol,
  'package new': async () => (await import('./commands/package-new.ts')).packageNew,
  'package check': async () => (await import('./commands/package-check.ts')).packageCheck,
  register: async () => (await import('./commands/register.ts')).register,
  submit: async () => (await import('./commands/submit.ts')).submit,
  status: async () => (await import('./commands/status.ts')).status,
  answer: async () => (await import('./commands/answer.ts')).answer,
  report: async () => (await import('./commands/report.ts')).report,
  queue: async () => (await import('./commands/queue.ts')).queue,
  review: async () => (await import('./commands/review.ts')).review,
  import: async () => (await import('./commands/import.ts')).importFile,
  why: async () => (await import('./commands/why.ts')).why,
  schema: async () => (await import('./commands/schema.ts')).schema,
  openapi: async () => (await import('./commands/openapi.ts')).openapi,
  start: async () => (await import('./commands/start.ts')).start,
  advance: async () => (await import('./commands/advance.ts')).advance,
  token: async () => (await import('./commands/token.ts')).token,
  'admin add': async () => (await import('./commands/admin-add.ts')).adminAdd,
  'stage new': async () => (await import('./commands/stage-new.ts')).stageNew,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  demo: async () => (await import('./commands/demo.ts')).demo,
};
