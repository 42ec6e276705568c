import { dateInWords, type Note } from '@secor/certification';
import { type AuditFacts, auditNumberOf, eventOf } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { aboutInWords, auditRows, counted, revisionDeadline, revisionSteps } from './wording.ts';

const kindInWords: Readonly<Record<Note['kind'], string>> = {
  actionable: 'to be resolved',
  informational: 'for your information, to be acknowledged',
};

/** To the assessor: every open note, the day by which the revision is due, what to do and what counts. */
export function revisionRequested(facts: AuditFacts): Draft {
  const event = eventOf(facts, 'revision requested');
  const auditNumber = auditNumberOf(event);
  const { dueOn, notes } = event.data;
  const count = counted(notes.length, 'note');
  return {
    subject: `SECOR audit ${auditNumber}: revision requested, due ${dateInWords(dueOn)}`,
    tone: 'bad',
    title: `Revision requested for audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The reviewer has read your package and needs changes before the audit can be decided: ${count} for you to answer.`,
      },
      { kind: 'facts', facts: [...auditRows(facts), ['Revision due by', dateInWords(dueOn)]] },
      { kind: 'heading', text: count },
      ...notes.map(
        (note): Block => ({
          kind: 'quote',
          label: `Note ${note.note}, ${kindInWords[note.kind]}`,
          about: aboutInWords(note, facts.audit.protocol),
          text: note.text,
        }),
      ),
      { kind: 'heading', text: 'What to do' },
      { kind: 'steps', items: revisionSteps(auditNumber, facts) },
      ...revisionDeadline(dueOn, facts),
    ],
  };
}
