import { randomUUID } from 'node:crypto';
import { addDays, auditSubject, openAudits, type UploadInParts } from '@secor/certification';
import { samplePeople } from '@secor/cli';
import { register } from '@secor/cli/play-audit';
import type { Role } from '@secor/contracts';
import { addReviewer, readCycle, readHistory, readReviewer, readStoredDraft, readUploadInParts } from '@secor/store';
import { onTestFinished } from 'vitest';
import { type Operation, pathOf, rawCall } from './checked-api.ts';
import { known, type Site } from './cloud.ts';
import { deskOf } from './desk-steps.ts';
import { beginInParts, putMissing } from './parts.ts';
import { newId } from './people.ts';
import { type ProgramCase, programCases } from './program-cases.ts';

/** A write that can be done now, and what the same key must not be used for. */
export type WriteCase = ProgramCase & {
  /** The reviewer whom it changes. */
  readonly reviewerId?: string;
};

/** The audits of an employer that are open. */
export function openAuditsOf(cycle: Awaited<ReturnType<typeof readCycle>>): readonly string[] {
  return openAudits(cycle).map(({ auditNumber }) => auditNumber);
}

/** Every write of the API with a case in which it succeeds, and how it is called. */
export function writeCases(site: Site) {
  const { cloud, store, enrol, settled, stored } = site;
  const desk = deskOf(site);
  const token = (email: string, group: Role) => cloud.token({ email, groups: [group] });
  const administrators = () => token(samplePeople.administrator.email, 'administrator');
  const reason = 'The employer asked for it.';
  const reasoned = { body: { reason }, other: { body: { reason: 'Another one.' } } };

  /** An audit whose documents are laid out, and its reviewer. */
  async function atDesk() {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    const { person, reviewer } = await desk.reviewerOf(auditNumber);
    const { employerId } = party.employer;
    return { party, auditNumber, employerId, reviewer, token: await token(person.email, 'reviewer') };
  }

  async function inReview() {
    const made = await atDesk();
    await desk.step(made.reviewer, 'openReview', made.auditNumber, { revision: 1 });
    return made;
  }

  /** In review, with a note that was not sent. */
  async function noted() {
    const made = await inReview();
    await desk.step(made.reviewer, 'addNote', made.auditNumber, { kind: 'actionable', text: 'Add the records.' });
    return { ...made, parameters: { note: '1' } };
  }

  async function awaited() {
    const made = await atDesk();
    await desk.askForRevision(made.reviewer, made.auditNumber);
    return made;
  }

  /** An upload in parts that was begun, and what a write makes of it; the key of the case is not for another upload of the audit. */
  async function begunUpload(prepared: typeof putMissing | (() => Promise<void>), becomes: UploadInParts['state']) {
    const { api, employer, token: own } = await enrol();
    const { employerId } = employer;
    const { auditNumber } = await register(api, employerId, 'certification');
    const bytes = Buffer.from('no archive');
    const link = await beginInParts(api, auditNumber, bytes);
    await prepared(api, auditNumber, link, bytes);
    const subject = async () => {
      const state = known(await readUploadInParts(store, auditNumber, link));
      return { count: state.state === becomes ? 1 : 0, state };
    };
    const other = { parameters: { auditNumber, link: '999' } };
    return { token: own, employerId, parameters: { auditNumber, link: String(link) }, other, subject };
  }

  /** A reviewer who is given nothing. */
  async function absentReviewer(): Promise<string> {
    const reviewerId = newId('reviewer');
    const email = 'rae@partner.example.org';
    await addReviewer(
      store,
      { reviewerId, name: 'Rae', email, present: false, conflicts: [] },
      new Date(cloud.clock.now()).toISOString(),
    );
    return reviewerId;
  }

  /** Every write of the document stands here, each with a case in which it succeeds. */
  const scenarios: Readonly<Record<string, () => Promise<WriteCase>>> = {
    async registerAudit() {
      const { token: own, employer } = await enrol();
      const { employerId } = employer;
      const body = { employerId, kind: 'certification' };
      return { token: own, employerId, body, other: { body: { employerId, kind: 'maintenance' } } };
    },
    async issueLink() {
      const { api, employer, token: own } = await enrol();
      const { employerId } = employer;
      const { auditNumber } = await register(api, employerId, 'certification');
      return { token: own, employerId, auditNumber, other: { auditNumber: '100000001' } };
    },
    async beginUpload() {
      const { api, employer, token: own } = await enrol();
      const { employerId } = employer;
      const { auditNumber } = await register(api, employerId, 'certification');
      const body = { bytes: 1, crc32: ['00000000'] };
      return { token: own, employerId, auditNumber, body, other: { body: { ...body, bytes: 2 } } };
    },
    completeUpload: () => begunUpload(putMissing, 'complete'),
    abortUpload: () => begunUpload(async () => {}, 'aborted'),
    async saveDraft() {
      const { api, employer, token: own } = await enrol();
      const { employerId } = employer;
      const { auditNumber } = await register(api, employerId, 'certification');
      const having = (recordsMonths: number) => ({ body: { recordsMonths } });
      const subject = async () => {
        const state = await readStoredDraft(store, auditNumber);
        return { count: state?.version ?? 0, state };
      };
      return {
        token: own,
        employerId,
        parameters: { auditNumber },
        ...having(12),
        other: having(13),
        version: async () => (await subject()).count,
        subject,
      };
    },
    async answerNotes() {
      const { auditNumber, party, employerId } = await awaited();
      const answers = (text: string) => ({ body: { answers: [{ note: 1, text }] } });
      const own = await token(party.assessor.email, 'assessor');
      return { token: own, employerId, auditNumber, ...answers('Added.'), other: answers('Not added.') };
    },
    async withdrawAudit() {
      const { auditNumber, party, employerId } = await atDesk();
      return { token: await token(party.assessor.email, 'assessor'), employerId, auditNumber, ...reasoned };
    },
    async setPresence() {
      const reviewerId = `reviewer-${randomUUID()}`;
      await addReviewer(
        store,
        {
          reviewerId,
          name: 'Rae',
          email: 'rae@partner.example.org',
          present: false,
          conflicts: [],
        },
        new Date(cloud.clock.now()).toISOString(),
      );
      onTestFinished(() => site.setReviewer(reviewerId, { present: false }));
      const present = (now: boolean) => ({ body: { present: now } });
      return { token: await administrators(), employerId: 'none', reviewerId, ...present(true), other: present(false) };
    },
    async setConflicts() {
      const reviewerId = `reviewer-${randomUUID()}`;
      const email = 'con@partner.example.org';
      await addReviewer(
        store,
        { reviewerId, name: 'Con', email, present: false, conflicts: [] },
        new Date(cloud.clock.now()).toISOString(),
      );
      const [{ employer: one }, { employer: other }] = [await enrol(), await enrol()];
      const having = ({ employerId }: typeof one) => ({ body: { employerIds: [employerId] } });
      return { token: await administrators(), employerId: 'none', reviewerId, ...having(one), other: having(other) };
    },
    async addReviewer() {
      const reviewerId = newId('reviewer');
      onTestFinished(() => site.setReviewer(reviewerId, { present: false }));
      const named = (name: string) => ({ body: { reviewerId, name, email: 'ray@partner.example.org' } });
      const subject = async () => {
        const state = await readReviewer(store, reviewerId);
        return { count: state?.version ?? 0, state };
      };
      return { token: await administrators(), employerId: 'none', ...named('Ray'), other: named('Roy'), subject };
    },
    async changeReviewer() {
      const reviewerId = await absentReviewer();
      const named = (name: string) => ({ body: { name, email: 'ray@partner.example.org' } });
      return { token: await administrators(), employerId: 'none', reviewerId, ...named('Ray'), other: named('Roy') };
    },
    async leaveReviewers() {
      const [reviewerId, another] = [await absentReviewer(), await absentReviewer()];
      const other = { parameters: { reviewerId: another } };
      return { token: await administrators(), employerId: 'none', reviewerId, other };
    },
    async takeReview() {
      const presence = (present: boolean) =>
        Promise.all(samplePeople.reviewers.map(({ reviewerId }) => site.setReviewer(reviewerId, { present })));
      await presence(false);
      const party = await enrol();
      const auditNumber = await site.underReview(party);
      await presence(true);
      const own = await token(samplePeople.reviewers[0].email, 'reviewer');
      return { token: own, employerId: party.employer.employerId, auditNumber, other: { auditNumber: '100000001' } };
    },
    releaseReview: async () => ({ ...(await atDesk()), ...reasoned }),
    async reassignReview() {
      const made = await atDesk();
      const { reviewerId } = await stored(made.auditNumber);
      const [to] = samplePeople.reviewers.filter((each) => each.reviewerId !== reviewerId);
      const by = (id = '') => ({ body: { reviewerId: id } });
      return { ...made, token: await administrators(), ...by(to?.reviewerId), other: by(reviewerId) };
    },
    openReview: async () => ({ ...(await atDesk()), body: { revision: 1 }, other: { body: { revision: 2 } } }),
    addNote: async () => ({
      ...(await inReview()),
      body: { kind: 'actionable', text: 'Add the records of October.' },
      other: { body: { kind: 'informational', text: 'Add the records of October.' } },
    }),
    async changeNote() {
      const said = (text: string) => ({ body: { kind: 'informational', text } });
      return { ...(await noted()), ...said('Add the records of October.'), other: said('And those of November.') };
    },
    async deleteNote() {
      return { ...(await noted()), other: { parameters: { note: '2' } } };
    },
    async changePoints() {
      const made = await inReview();
      const { answers } = await made.reviewer('readReview', { parameters: { auditNumber: made.auditNumber } });
      const { question, awarded } = known(answers.find((each) => each.awarded > 0));
      const change = (points: number) => ({ body: { question, awarded: points, reason } });
      return { ...made, ...change(awarded - 1), other: change(0.5) };
    },
    async correctMonths() {
      const months = (recordsMonths: number) => ({ body: { recordsMonths, reason } });
      return { ...(await inReview()), ...months(24), other: months(36) };
    },
    async requestRevision() {
      const made = await inReview();
      await desk.step(made.reviewer, 'addNote', made.auditNumber, { kind: 'actionable', text: 'Add the records.' });
      return { ...made, other: { auditNumber: '100000001' } };
    },
    async extendRevision() {
      const by = (days: number) => ({ body: { dueOn: addDays(site.today(), days), reason } });
      return { ...(await awaited()), token: await administrators(), ...by(20), other: by(21) };
    },
    rejectAudit: async () => ({ ...(await atDesk()), ...reasoned }),
    withdrawReview: async () => ({ ...(await inReview()), token: await administrators(), ...reasoned }),
    async reopenAudit() {
      const made = await atDesk();
      await site.decide(made.auditNumber);
      await settled();
      return { ...made, token: await administrators(), ...reasoned };
    },
    acceptAudit: async () => ({ ...(await atDesk()), body: { revision: 1 }, other: { body: { revision: 2 } } }),
    ...programCases(site, administrators),
  };
  /** A number that each effect raises by one; what the system does after it does not count. */
  async function effects({ auditNumber, reviewerId, employerId, subject }: WriteCase): Promise<number> {
    await settled();
    if (subject !== undefined) return (await subject()).count;
    if (auditNumber !== undefined) {
      const { version, events } = await stored(auditNumber);
      const history = await readHistory(store, auditSubject(auditNumber), events);
      return version - history.filter(({ by }) => by.role === 'system').length;
    }
    if (reviewerId !== undefined) return known(await readReviewer(store, reviewerId)).version;
    return openAuditsOf(await readCycle(store, employerId)).length;
  }
  /** Makes the call of a case. */
  const send = async (
    operation: Operation,
    scenario: WriteCase,
    key: string | undefined,
    version: number | undefined,
    changed: Partial<Pick<WriteCase, 'auditNumber' | 'parameters' | 'body'>> = {},
  ) => {
    const { token: by, auditNumber = '', reviewerId = '', parameters, body } = { ...scenario, ...changed };
    return rawCall(cloud.apiUrl, pathOf(operation, { auditNumber, reviewerId, ...parameters }), {
      method: operation.method,
      operationId: operation.operationId,
      token: by,
      headers: {
        ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  /** The version that the call of a case has to name. */
  const versionOf = async ({ auditNumber, version }: WriteCase) =>
    auditNumber === undefined ? version?.() : (await stored(auditNumber)).version;

  return { scenarios, send, versionOf, effects, atDesk, inReview };
}
