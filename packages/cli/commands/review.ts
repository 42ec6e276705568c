import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AnswerOf, ApiClient } from '@secor/contracts';
import { asJson, auditNumberOf, command, UsageError, wholeOf } from '../command.ts';
import { problemLines, scoreTable } from '../expectation.ts';
import { typedFile } from '../package-file.ts';
import { download, readReview } from '../play-audit.ts';
import { samplePeople } from '../sample-people.ts';
import { apiOptions, jsonOption, signedIn, staffOptions } from '../sign-in.ts';
import { noteLine } from './status.ts';

type Review = AnswerOf<'readReview'>;
type Audit = AnswerOf<'acceptAudit'>;

/** What the steps of a review take besides the audit. */
const particulars = {
  revision: { type: 'string', value: 'N', text: 'open, accept: the revision that you have read' },
  reason: { type: 'string', value: 'TEXT', text: 'points, months, reject, release: the reason' },
  note: { type: 'string', value: 'N', text: 'change-note, delete-note: the number of a note that was not sent' },
  text: { type: 'string', value: 'TEXT', text: 'note, change-note: what the assessor is told' },
  kind: {
    type: 'string',
    choices: ['actionable', 'informational'],
    text: 'note, change-note: whether it must be resolved, or read',
  },
  question: {
    type: 'string',
    value: 'ID',
    text: 'note, change-note, points: the question; a note without one is on the whole audit',
  },
  points: { type: 'string', value: 'N', text: 'points: the points that the question gets' },
  months: { type: 'string', value: 'N', text: 'months: the months of records' },
} as const;
type Particular = keyof typeof particulars;
type Given = Readonly<Partial<Record<Particular, string>>>;

/** What every step of a review is sent with: the audit, and the version of it that was seen. */
type Seen = { readonly parameters: { readonly auditNumber: string }; readonly ifMatch: number };
type Take<G extends Given> = (staff: ApiClient, seen: Seen, given: G) => Promise<Audit>;

/** A step of a review: what it needs, what it allows besides, and how it is taken. */
type Step = {
  readonly needs: readonly Particular[];
  readonly allows: readonly Particular[];
  readonly take: Take<Given>;
};

function step<N extends Particular>(
  needs: readonly N[],
  take: Take<Given & Readonly<Record<N, string>>>,
  allows: readonly Particular[] = [],
): Step {
  const hasAll = (given: Given): given is Given & Readonly<Record<N, string>> => lacking(given, needs).length === 0;
  return {
    needs,
    allows,
    async take(staff, seen, given) {
      if (!hasAll(given)) throw new UsageError(`${namesOf(lacking(given, needs))} is missing.`);
      return take(staff, seen, given);
    },
  };
}

function lacking(given: Given, needs: readonly Particular[]): readonly Particular[] {
  return needs.filter((name) => given[name] === undefined);
}

function namesOf(names: readonly Particular[]): string {
  return names.map((name) => `--${name}`).join(' and ');
}

const revisionOf = ({ revision }: { readonly revision: string }) => ({ revision: wholeOf('revision', revision, 1) });
const numbered = ({ parameters, ifMatch }: Seen, note: string) => ({
  parameters: { ...parameters, note: String(wholeOf('note', note, 1)) },
  ifMatch,
});
const noteOf = ({ kind, text, question }: { readonly kind: string; readonly text: string } & Given) => ({
  kind: kind === 'actionable' ? ('actionable' as const) : ('informational' as const),
  text,
  ...(question === undefined ? {} : { question }),
});
const reasonOf = ({ reason }: { readonly reason: string }) => ({ reason });

const steps: Readonly<Record<string, Step>> = {
  take: step([], (staff, seen) => staff('takeReview', seen)),
  release: step(['reason'], (staff, seen, given) => staff('releaseReview', { ...seen, body: reasonOf(given) })),
  open: step(['revision'], (staff, seen, given) => staff('openReview', { ...seen, body: revisionOf(given) })),
  note: step(['kind', 'text'], (staff, seen, written) => staff('addNote', { ...seen, body: noteOf(written) }), [
    'question',
  ]),
  'change-note': step(
    ['note', 'kind', 'text'],
    (staff, seen, { note, ...written }) => staff('changeNote', { ...numbered(seen, note), body: noteOf(written) }),
    ['question'],
  ),
  'delete-note': step(['note'], (staff, seen, { note }) => staff('deleteNote', numbered(seen, note))),
  points: step(['question', 'points', 'reason'], (staff, seen, { question, points, reason }) =>
    staff('changePoints', { ...seen, body: { question, awarded: wholeOf('points', points, 0), reason } }),
  ),
  months: step(['months', 'reason'], (staff, seen, { months, reason }) =>
    staff('correctMonths', { ...seen, body: { recordsMonths: wholeOf('months', months, 0), reason } }),
  ),
  revise: step([], (staff, seen) => staff('requestRevision', seen)),
  accept: step(['revision'], (staff, seen, given) => staff('acceptAudit', { ...seen, body: revisionOf(given) })),
  reject: step(['reason'], (staff, seen, given) => staff('rejectAudit', { ...seen, body: reasonOf(given) })),
};
const stepNames = Object.keys(steps).join(', ');

/** `secor review`: shows an audit for review, or takes a step on it. */
export const review = command({
  name: 'review',
  summary: 'Show an audit for review, or take a step: take, open, note, points, months, revise, accept, …',
  usage: 'secor review [STEP] --audit NUMBER [options] [--api URL --token TOKEN]',
  example: [
    'secor review --audit 412345678 --documents to-read',
    'secor review open --audit 412345678 --revision 1',
    'secor review note --audit 412345678 --kind actionable --question 3.2 --text "Add the records of October."',
    'secor review accept --audit 412345678 --revision 1',
  ].join('\n'),
  operand: { name: 'STEP', required: false },
  options: {
    audit: { type: 'string', value: 'NUMBER', text: 'The 9-digit audit number', required: true },
    ...particulars,
    version: { type: 'string', value: 'N', text: 'Refuse the step unless the audit still has this version' },
    documents: { type: 'string', value: 'FOLDER', text: 'Also download the documents into this folder' },
    ...staffOptions,
    ...apiOptions(samplePeople.reviewers[0].email),
    ...jsonOption('the audit'),
  },
  async run({ operand, options }, io) {
    const auditNumber = auditNumberOf(options.audit);
    const given: Given = Object.fromEntries(
      Object.keys(particulars).flatMap((name) => {
        const value = Object.entries(options).find(([option]) => option === name)?.[1];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    const taken = operand === undefined ? undefined : stepOf(operand, given);
    if (taken === undefined && Object.keys(given).length > 0)
      throw new UsageError(`--${Object.keys(given)[0]} goes with a step: ${stepNames}.`);
    const version = options.version === undefined ? undefined : wholeOf('version', options.version, 1);
    const staff = await signedIn(options, options.role, io);

    if (taken === undefined) {
      const read = await readReview(staff, auditNumber);
      io.out(options.json ? asJson(read) : describeReview(read));
      if (options.documents !== undefined) await saveDocuments(read, typedFile(io, options.documents));
      return 0;
    }
    const ifMatch = version ?? (await readReview(staff, auditNumber)).version;
    const audit = await taken.take(staff, { parameters: { auditNumber }, ifMatch }, given);
    const outcome = audit.outcome === undefined ? '' : `, ${audit.outcome}`;
    io.out(
      options.json ? asJson(audit) : `Audit ${auditNumber} is ${audit.state}${outcome} (version ${audit.version}).\n`,
    );
    return 0;
  },
});

/** The step of this name. @throws UsageError where there is none, where it needs more, or takes less than was given */
function stepOf(name: string, given: Given): Step {
  const found = Object.hasOwn(steps, name) ? steps[name] : undefined;
  if (found === undefined) throw new UsageError(`there is no step "${name}": there are ${stepNames}.`);
  const missing = lacking(given, found.needs);
  if (missing.length > 0) throw new UsageError(`${name} needs ${namesOf(missing)}.`);
  const taken: readonly string[] = [...found.needs, ...found.allows];
  const extra = Object.keys(given).find((each) => !taken.includes(each));
  if (extra !== undefined) throw new UsageError(`--${extra} does not go with ${name}.`);
  return found;
}

function describeReview(read: Review): string {
  const { auditNumber, kind, employerId, state, version, revision, round, layout, score, notes, documents } = read;
  return [
    `${kind} audit ${auditNumber} of ${employerId}: ${state} (version ${version})\n`,
    `Revision ${revision}${round === 0 ? '' : `, after ${round} ${round === 1 ? 'request' : 'requests'} for a revision`}`,
    `${layout === undefined ? '' : `; documents: ${layout}`}\n`,
    read.recordsMonths === undefined
      ? ''
      : `Data gathering ${read.startedOn} to ${read.endedOn}, ${read.recordsMonths} months of records\n`,
    score === undefined ? '' : `\n${scoreTable(score, score.elements, score.shortfalls)}`,
    corrections('Corrected in the review', read.changedPoints, read.correctedMonths),
    corrections(
      'Corrected in an earlier revision, and changed by the assessor since, so that it counts no more',
      read.lapsedPoints,
      read.lapsedMonths,
    ),
    score === undefined || score.warnings.length === 0 ? '' : `\nWarnings:\n${problemLines(score.warnings)}`,
    notes.length === 0 ? '' : `\nNotes:\n${notes.map(noteLines).join('')}`,
    documents.length === 0 ? '' : `\nDocuments:\n${documents.map(({ path }) => `  ${path}\n`).join('')}`,
  ].join('');
}

/** What the reviewer corrected, in which revision and why; nothing where that is nothing. */
function corrections(title: string, points: Review['changedPoints'], months: Review['correctedMonths']): string {
  const lines = [
    ...points.map(
      ({ revision, question, before, awarded, reason }) =>
        `  question ${question}: points ${before} to ${awarded}, in revision ${revision}: ${reason}\n`,
    ),
    ...(months === undefined
      ? []
      : [
          `  months of records: ${months.before} to ${months.recordsMonths}, in revision ${months.revision}: ${months.reason}\n`,
        ]),
  ];
  return lines.length === 0 ? '' : `\n${title}:\n${lines.join('')}`;
}

/** A note with what became of it: the assessor's answer, or that it was not sent yet. */
function noteLines(note: Review['notes'][number]): string {
  const { answer, round, decision, end } = note;
  const isSent = round !== undefined || decision !== undefined || end !== undefined;
  const became = answer === undefined ? (isSent ? '' : '    not sent yet\n') : `    answered: ${answer.text}\n`;
  return noteLine(note) + became;
}

/** Saves the documents under their paths; the API gives no path that leads out of the folder. */
async function saveDocuments({ documents }: Review, folder: string): Promise<void> {
  for (const { path, url } of documents) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await download(url, file);
  }
}
