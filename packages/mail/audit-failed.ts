import type { AuditEvent } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { dueItems, presentCertificate, standingRows } from './standing-wording.ts';
import {
  howToGetReport,
  notesOfReview,
  replacesEarlier,
  revokedCertificates,
  scoreInWords,
  shortfallItems,
} from './wording.ts';

type Outcome = Extract<AuditEvent, { readonly type: 'report made' }>['data'];

/** To the assessor and the employer's contact: what fell short, by how many points, what that means for the certificate, and by when what is due. */
export function auditFailed(facts: AuditFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'report made');
  const auditNumber = auditNumberOf(event);
  const { decision, kind, shortfalls, awarded, available, notes, standing } = event.data;
  const name = employerName(facts.employer);
  return {
    subject: `Not passed: SECOR ${kind} audit ${auditNumber}, ${name}`,
    tone: 'bad',
    title: `Not passed: ${kind} audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR ${kind} audit of ${name} has been reviewed. It did not reach the score needed to pass.`,
      },
      ...replacesEarlier(decision),
      ...revokedCertificates(facts),
      {
        kind: 'facts',
        facts: [
          ['Employer', name],
          ['Audit number', auditNumber],
          ['Outcome', 'failed'],
          ['Score', scoreInWords(awarded, available)],
          ...standingRows(standing),
        ],
      },
      { kind: 'heading', text: 'What fell short' },
      { kind: 'list', items: shortfallItems(shortfalls) },
      { kind: 'heading', text: 'What comes next' },
      { kind: 'paragraph', text: whatToDo(event.data, recipient, facts) },
      ...theDates(event.data),
      ...notesOfReview(notes, facts),
      ...howToGetReport(auditNumber, recipient, facts),
    ],
  };
}

function whatToDo({ kind, standing }: Outcome, { role }: Recipient, { assessor }: AuditFacts): string {
  const improve = 'Improve the parts of the health and safety system that fell short.';
  const register = role === 'assessor' ? 'Then register' : `Your assessor, ${assessor.name}, can then register`;
  if (kind === 'certification')
    return `No certificate is issued for this audit. ${improve} Wait until its records show the improvement. ${register} a new certification audit.`;
  const none = `This audit does not count as the maintenance audit that is due. ${improve} ${register} a`;
  return standing?.standing === 'valid'
    ? `${none} new maintenance audit in time for the dates below.`
    : `${none} certification audit: a maintenance audit can no longer keep the certificate.`;
}

/** What becomes of the certificate, and each date that is not met. */
function theDates({ standing }: Outcome): Block[] {
  const items = standing === undefined ? [] : dueItems(standing);
  return [
    { kind: 'heading', text: 'The certificate and its dates' },
    { kind: 'paragraph', text: presentCertificate(standing) },
    ...(items.length === 0 ? [] : [{ kind: 'list', items } satisfies Block]),
  ];
}
