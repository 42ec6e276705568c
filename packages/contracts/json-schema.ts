import { toJsonSchema } from '@valibot/to-json-schema';
import { AuditFile } from './package-format.ts';

/**
 * The JSON Schema (draft 2020-12) of audit.json, for assessors' tools. It says what one field may hold; that every
 * question is answered once, that evidence exists and that dates fit together is checked by `secor package check`.
 */
export function packageJsonSchema(): Record<string, unknown> {
  return {
    ...toJsonSchema(AuditFile, {
      target: 'draft-2020-12',
      ignoreActions: ['check', 'transform', 'lost_character', 'misread'],
    }),
    title: 'audit.json of a SECOR audit package, format 1',
  };
}
