import * as v from 'valibot';

/** What a file can hold. */
export const importKinds = ['employers', 'assessors'] as const;
export type ImportKind = (typeof importKinds)[number];

/** The largest file that is taken. */
export const maxImportBytes = 5_000_000;

/** The id of an import, as `startImport` gives it. */
export const ImportId = v.pipe(v.string(), v.uuid('must be the id of an import, as the start of the import gave it'));

/** What became of a line; `refused` has its reason in the result. */
export const lineResults = ['added', 'changed', 'unchanged', 'refused'] as const;
export type LineResult = (typeof lineResults)[number];

const of = v.picklist(importKinds);

/** What became of the lines of a file. */
export const ImportCounts = v.object({
  lines: v.number(),
  added: v.number(),
  changed: v.number(),
  unchanged: v.number(),
  refused: v.number(),
});

/** An import, as it is now. */
export const importEntry = {
  importId: v.string(),
  of,
  state: v.picklist(['awaiting file', 'done', 'refused']),
  startedAt: v.string(),
  finishedAt: v.optional(v.string()),
  // A file that is refused as a whole has none.
  counts: v.optional(ImportCounts),
};

export const importEndpoints = {
  startImport: {
    method: 'POST',
    path: '/v1/imports',
    function: 'import-api',
    summary: 'Start an import of employers or assessors: get a link for one upload of a CSV file, valid for 15 minutes',
    roles: ['administrator'],
    body: v.strictObject({ of }),
    answer: v.object({
      importId: v.string(),
      url: v.string(),
      fields: v.record(v.string(), v.string()),
      expiresAt: v.string(),
    }),
    status: 201,
  },
  readImport: {
    method: 'GET',
    path: '/v1/imports/{importId}',
    function: 'import-api',
    summary: 'Read the state of an import, with a short-lived link to the result: each line with its number and reason',
    roles: ['administrator'],
    parameters: v.object({ importId: ImportId }),
    answer: v.object({
      ...importEntry,
      result: v.optional(v.object({ url: v.string(), expiresAt: v.string() })),
    }),
    status: 200,
  },
} as const;
