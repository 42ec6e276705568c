import { dateInWords } from '../calendar.ts';
import { courseById } from '../course/catalogue.ts';

/** `courses` are ids; `sessions` are the next of them with a free place, each as course, date and time: 'a-course 2026-05-31 09:00'. */
type Offered = { courses: string; sessions: string };

function offered({ courses, sessions }: Offered): string {
  const next = sessions === '' ? [] : sessions.split(', ').map((each) => each.split(' '));
  return courses
    .split(', ')
    .map((courseId) => {
      const course = courseById(courseId);
      const starts = next.flatMap(([of, date, time]) => (of === courseId ? [`${date} at ${time}`] : []));
      return `${course?.title ?? courseId} (${course?.form === 'online' ? 'online, at your own pace' : inClass(starts)})`;
    })
    .join('; ');
}

function inClass(starts: readonly string[]): string {
  if (starts.length === 0)
    return 'classroom; no session with a free place is scheduled, ask the certifying partner for one';
  return `classroom; ${starts.length === 1 ? 'next session' : 'next sessions'} on ${starts.join(', ')}`;
}

type OfCertificate = { certificateNumber: string };
type EndedBefore = OfCertificate & { endedOn: string; certifiedEndedOn: string };

const nothingDue = 'There is no maintenance due date that could still be met.';

/** The sentences of what keeps an audit from being registered, and of what a registration needs. */
export const registrationRefusals = {
  'never-trained': ({ on, ...offer }: Offered & { on: string }) =>
    `There is no initial training on record that was completed on or before ${on}, so there is no assessor status on that day. This course gives it: ${offered(offer)}. If it has been completed, ask the certifying partner to record it.`,
  'status-ended': ({ through, on, ...offer }: Offered & { through: string; on: string }) =>
    `The assessor status was valid through ${through}; by ${on} it had ended. Any of these courses renews it: ${offered(offer)}. If one has been completed since, ask the certifying partner to record it.`,
  'does-not-act': ({ employerId }: { employerId: string }) =>
    `You do not act for an employer with the id ${employerId}. Ask the certifying partner to record that you do.`,
  'not-in-good-standing': ({ legalName }: { legalName: string }) =>
    `${legalName} is not in good standing with the certifying partner. Settle this with them, then register.`,
  'too-many-employees': ({ legalName, employees, most }: { legalName: string; employees: number; most: number }) =>
    `${legalName} has ${employees} employees, and SECOR is for at most ${most}. Larger employers are certified under the COR program: ask the certifying partner how to move to it. A certificate that the employer holds stays until it expires, and maintenance audits are possible until then.`,
  'audit-open': ({ kind, auditNumber }: { kind: string; auditNumber: string }) =>
    `This employer already has an open ${kind} audit, ${auditNumber}. Finish it, or ask the certifying partner to withdraw it, before you register another.`,
  'no-certificate': () =>
    'This employer holds no certificate that a maintenance audit could keep valid. Register a certification audit.',
  'no-maintenance-due': () =>
    `${nothingDue} The audit that is needed next is already being reviewed. Wait for its decision.`,
  'certificate-over': ({ certificateNumber, standing }: OfCertificate & { standing: string }) =>
    `${nothingDue} Certificate ${certificateNumber} is ${standing}: only a certification audit gives a new one. Register a certification audit.`,
  're-certification-next': ({ certificateNumber, expiresOn }: OfCertificate & { expiresOn: string }) =>
    `${nothingDue} Certificate ${certificateNumber} expires on ${dateInWords(expiresOn)}: a certification audit that ends by then renews it. Register a certification audit.`,
  'ended-before-current': ({ endedOn, certificateNumber, certifiedEndedOn }: EndedBefore) =>
    `The audit ended on ${endedOn}, before the audit of certificate ${certificateNumber} (${certifiedEndedOn}). Submit an audit that ended later.`,
  overtaken: ({ endedOn, certificateNumber, certifiedEndedOn }: EndedBefore) =>
    `The audit ended on ${endedOn}, before the audit of certificate ${certificateNumber} (${certifiedEndedOn}). Submit an audit that ended later. This one can be rejected, or withdrawn.`,
  'assessor-does-not-act': ({ assessorId, employerId }: { assessorId: string; employerId: string }) =>
    `Assessor ${assessorId} does not act for employer ${employerId}. Record that they do, then record the binder.`,
  'not-a-binder': ({ auditNumber }: { auditNumber: string }) =>
    `Audit ${auditNumber} was registered online. Its assessor asks for a link and uploads the package.`,
};
