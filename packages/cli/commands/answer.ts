import { asJson, auditNumberOf, command, UsageError } from '../command.ts';
import { samplePeople } from '../sample-people.ts';
import { apiOptions, jsonOption, signedIn } from '../sign-in.ts';
import { isToAnswer, noteLine } from './status.ts';

/** `secor answer`: answers the notes of a requested revision, or lists those that are open. */
export const answer = command({
  name: 'answer',
  summary: "Answer the reviewer's notes, or list those that are open",
  usage: 'secor answer --audit NUMBER [--note "NUMBER TEXT" …] [--api URL --token TOKEN]',
  example:
    'secor answer --audit 412345678 --note "1 The records of October are in evidence/october.pdf." --note "2 Read."',
  options: {
    audit: { type: 'string', value: 'NUMBER', text: 'The 9-digit audit number', required: true },
    note: {
      type: 'string',
      value: '"NUMBER TEXT"',
      text: 'The number of a note and your answer: how it was resolved, or that it was read',
      multiple: true,
    },
    ...apiOptions(samplePeople.assessors[0].email),
    ...jsonOption('the open notes'),
  },
  async run({ options }, io) {
    const auditNumber = auditNumberOf(options.audit);
    const parameters = { auditNumber };
    const answers = options.note.map(answerOf);
    const assessor = await signedIn(options, 'assessor', io);
    const { version } = await assessor('readAudit', { parameters });
    if (answers.length > 0) await assessor('answerNotes', { parameters, body: { answers }, ifMatch: version });
    const { notes } = await assessor('readAudit', { parameters });
    const open = notes.filter(isToAnswer);
    if (options.json) io.out(asJson({ open }));
    else if (open.length > 0) io.out(`Notes to answer:\n${open.map(noteLine).join('')}`);
    else io.out(`No note is open.${notes.length === 0 ? '' : ' Submit the package again: secor submit FILE'}\n`);
    return 0;
  },
});

function answerOf(typed: string): { note: number; text: string } {
  const [, number = '', text = ''] = /^\s*(\d+)[\s:]+(.*\S)\s*$/s.exec(typed) ?? [];
  if (text === '')
    throw new UsageError(`--note "${typed}" is not an answer: write the number of the note, then the text.`);
  return { note: Number(number), text };
}
