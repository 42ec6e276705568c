import { isDate } from '@secor/certification';
import * as v from 'valibot';
import { fieldSentences } from './field-sentences.ts';
import { isSeen, text } from './text.ts';

export const auditNumber = v.pipe(v.string(), v.regex(/^[1-9]\d{8}$/, fieldSentences['not-nine-digits']));
export const kind = v.picklist(['certification', 'maintenance']);
export const result = v.picklist(['passed', 'failed']);

export const auditState = v.picklist([
  'registered',
  'pending review',
  'in review',
  'awaiting revision',
  'closed',
  'rejected',
  'withdrawn',
]);

const reportState = v.picklist(['none', 'being made', 'ready']);

/** The points of an audit in a list, without those of its elements. */
export const PointsEntry = v.object({ awarded: v.number(), available: v.number(), percent: v.string(), result });

/** An employer in a list, beside a person. */
export const NamedEmployer = v.object({ employerId: v.string(), legalName: v.string() });

/** An audit as each step of it answers. */
export const AuditEntry = v.object({
  auditNumber,
  kind,
  employerId: v.string(),
  assessorId: v.string(),
  protocol: v.string(),
  ruleSet: v.string(),
  registeredAt: v.string(),
  /** The business date as of which it is registered: the postmark of a binder. */
  registeredOn: v.string(),
  state: auditState,
  outcome: v.optional(result),
  closedOn: v.optional(v.string()),
  /** While a revision is awaited. */
  revisionDueOn: v.optional(v.string()),
  revision: v.number(),
  report: reportState,
  /** As decided; before a decision, as the package of the current revision has it. */
  score: v.optional(PointsEntry),
  /** How many warnings the current revision has for the reviewer. */
  warnings: v.optional(v.number()),
  version: v.number(),
});

/** An audit in a list, with the names of its employer and its assessor. */
export const ListedAudit = v.object({ ...AuditEntry.entries, legalName: v.string(), assessorName: v.string() });

/** An entry of the history, as the reader may see it. */
export const HistoryEntry = v.object({
  number: v.number(),
  at: v.string(),
  by: v.string(),
  type: v.string(),
  data: v.record(v.string(), v.unknown()),
});

/** A link for one upload, valid for 15 minutes. */
export const UploadLink = v.object({
  link: v.number(),
  url: v.string(),
  fields: v.record(v.string(), v.string()),
  expiresAt: v.string(),
});

/** A list whose length is judged before what is in it: each wrong item would be a problem of its own. */
export function listOf<Item extends v.GenericSchema>(item: Item, most: number) {
  const items = v.array(item);
  const run: (typeof items)['~run'] = (dataset, config) =>
    Array.isArray(dataset.value) && dataset.value.length > most
      ? { typed: true, value: dataset.value }
      : items['~run'](dataset, config);
  return v.pipe({ ...items, '~run': run }, v.maxLength(most, `must have at most ${most} entries`));
}

/** What somebody writes to others, such as a note or a reason; what has invisible characters only is empty. */
export const writing = v.pipe(
  text(),
  v.transform((sent) => (isSeen(sent) ? sent.trim() : '')),
  v.nonEmpty(),
  v.maxLength(2_000),
);

/** The id of a person or a company, short enough for any key. */
export const id = v.pipe(text(), v.nonEmpty(), v.maxLength(200));

export const date = v.pipe(v.string(), v.isoDate());

/** The id of an employer, an assessor or a session. */
export const personalId = v.pipe(id, v.maxLength(64));

/** A day that the calendar has. */
export const day = v.pipe(date, v.check(isDate, fieldSentences['not-in-calendar']));

/** The end of a page of a list, as the page before gave it. */
export const pageQuery = v.strictObject({ cursor: v.optional(text()) });

/** A question of a protocol. */
export const ProtocolQuestion = v.object({
  question: v.string(),
  text: v.string(),
  points: v.number(),
  /** How it is verified: by documentation (D), interview (I) or observation (O). */
  methods: v.array(v.picklist(['D', 'I', 'O'])),
  rule: v.picklist(['all-or-nothing', 'range']),
  /** Of an all-or-nothing question: the percentage of positive indicators that gives the points. */
  threshold: v.optional(v.number()),
  /** Whether it may be answered as not applicable. */
  notApplicable: v.boolean(),
});
