import { randomUUID } from 'node:crypto';
import type { SESClient } from '@aws-sdk/client-ses';
import type { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  type Assessor,
  type Audit,
  type AuditHappening,
  type CourseSession,
  type CycleHappening,
  cancelEnrolment,
  cancelSession,
  changeAssessor,
  changeCycle,
  changeEmployer,
  changeSession,
  checkAssessor,
  type DomainEvent,
  enrol,
  isRefusal,
  mailFailed,
  mailToContactFailed,
  type Refusal,
  recordCompletion,
  refuseOverLimit,
  refusePackage,
  type SessionChange,
  scheduleSession,
} from '@secor/certification';
import { LetterMessage, queuesFor } from '@secor/contracts';
import { ClaimedElsewhere, log, MustWait } from '@secor/lambda';
import type { Records } from '@secor/store';
import {
  addAdministrator,
  addAssessor,
  claimLetter,
  commit,
  readAssessor,
  readCycle,
  readEmployer,
  readLetter,
  readSession,
  recordFeedback,
  recordUnreachedStaff,
} from '@secor/store';
import * as v from 'valibot';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { addAudit, addCompany, at, openDesk } from '../testing/desk.fixture.ts';
import { mail } from './handler.ts';
import type { LastingRefusal } from './post.ts';

const auditNumber = '412345678';
let desk: Awaited<ReturnType<typeof openDesk>>;
let audit: Audit;
beforeEach(async () => {
  desk = await openDesk();
  await addCompany(desk.store, 'e1', {
    contact: { name: 'Dana', email: 'dana@example.org' },
    secondContact: { name: 'Jo', email: 'jo@example.org' },
  });
  await addCompany(desk.store, 'e2', { contact: { name: 'Lee', email: 'lee@example.org' } });
  const completions = [{ courseId: 'safety-program-development', completedOn: '2023-12-20' }];
  await addAssessor(
    desk.store,
    { assessorId: 'a1', name: 'Robin', email: 'robin@example.org', actsFor: ['e1', 'e2'], completions },
    at,
  );
  await addAssessor(
    desk.store,
    { assessorId: 'a2', name: 'Kit', email: 'kit@example.org', actsFor: ['e1'], completions },
    at,
  );
  audit = await addAudit(desk.store, auditNumber, { state: 'closed', decisions: 1 });
});

/** Lets something happen to the audit; gives the event. */
async function happened(happening: AuditHappening, next: Partial<Audit> = {}): Promise<DomainEvent> {
  const number = audit.events + 1;
  const event = { subject: `audit#${auditNumber}` as const, number, at, by: { role: 'system' } as const, ...happening };
  audit = { ...audit, ...next, events: number, version: audit.version + 1 };
  await commit(desk.store, { at, audit: { audit, events: [event] } });
  return event;
}

type Sending = {
  readonly input: { readonly Destinations: readonly string[]; readonly RawMessage: { readonly Data: Buffer } };
};
/** Holds one list of problems. */
const records = {
  s3: { send: async () => ({ Body: { transformToString: async () => '[{"place":"1.1","message":"is missing."}]' } }) },
  bucket: 'records',
} as unknown as Records;
type Options = {
  /** The mark under which the message was put off before, where it was. */
  readonly putOffBy?: string;
  readonly sandboxRecipients?: readonly string[];
  /** What SES does with a letter; it takes all unless told otherwise. */
  readonly sending?: (sending: Sending) => Promise<void>;
  readonly onRefused?: (refusal: LastingRefusal) => void;
  /** Hears of each message that the function sends to its own queue; one that it throws for is not sent. */
  readonly onAsked?: (message: LetterMessage) => Promise<void>;
};

/** Hands an event's message to the function; gives the addresses to which letters went. */
async function deliver({ subject, number, type }: DomainEvent, options: Options = {}): Promise<string[]> {
  return deliverMessage(v.parse(LetterMessage, { subject, number, type }), options);
}

/** Hands a message to the function, and then those that it sends to its own queue; gives the addresses to which letters went. */
async function deliverMessage(message: LetterMessage, options: Options = {}): Promise<string[]> {
  const { putOffBy, sandboxRecipients = [], sending = async () => {}, onRefused = () => {}, onAsked } = options;
  const addresses: string[] = [];
  const asked: LetterMessage[] = [];
  const sqs = {
    async send({ input: { MessageBody } }: SendMessageCommand) {
      const each = v.parse(LetterMessage, JSON.parse(MessageBody ?? ''));
      await onAsked?.(each);
      asked.push(each);
    },
  } as unknown as SQSClient;
  const ses = {
    async send(command: Sending) {
      await sending(command);
      addresses.push(...command.input.Destinations);
      return { MessageId: 'm' };
    },
  } as unknown as SESClient;
  const partner = { name: 'Partner', email: 'p@example.org', phone: '+1 403 555 0100', site: 'https://example.org' };
  const take = mail({
    store: desk.store,
    records,
    ses,
    sqs,
    queueUrl: 'own queue',
    partner,
    sender: 'secor@example.org',
    configurationSet: 'secor',
    sandboxRecipients,
    onRefused,
  });
  const deliveryId = randomUUID();
  await take({ message, sentAt: at, delivery: 1, deliveryId, ...(putOffBy === undefined ? {} : { putOffBy }) });
  for (const each of asked) addresses.push(...(await deliverMessage(each, options)));
  if (addresses.length > 0) expect(queuesFor(message.type as DomainEvent['type'])).toContain('mail');
  return addresses.toSorted();
}

/** The id of a delivery that finds a letter claimed: its message comes again with it. */
async function putOff(delivery: Promise<unknown>): Promise<string> {
  const failure = await delivery.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof ClaimedElsewhere))
    throw new Error('The letter was not claimed elsewhere.', { cause: failure });
  return failure.deliveryId;
}

const reportMade = (decision: number): AuditHappening => ({
  type: 'report made',
  data: {
    ...{ decision, kind: 'certification', result: 'passed', shortfalls: [] },
    ...{ awarded: 420, available: 489, recordsMonths: 12 },
  },
});
const reopened: AuditHappening = { type: 'audit reopened', data: { decision: 1, reason: 'Counted twice.' } };

describe('the letter about a package that an administrator entered for a binder', () => {
  const problemList = { key: 'problems/x', versionId: 'v' };
  const data = { link: 2, problems: 1, problemList };
  const entered = (enteredBy: string) => happened({ type: 'package refused', data: { ...data, enteredBy } });
  beforeEach(() => addAdministrator(desk.store, { administratorId: 'x2', name: 'Lou', email: 'x2@example.org' }));

  it.each<[string, AuditHappening]>([
    ['refused', { type: 'package refused', data: { ...data, enteredBy: 'x2' } }],
    ['damaged', { type: 'documents refused', data: { ...data, revision: 1, backTo: 0, enteredBy: 'x2' } }],
    ['late', { type: 'package late', data: { link: 2, remedy: 'It is closed.', enteredBy: 'x2' } }],
    [
      'over a limit',
      { type: 'uploads over limit', data: { link: 2, limit: 'uploadsOfLink', remedy: 'Wait.', enteredBy: 'x2' } },
    ],
  ])('goes to that administrator, and not to the assessor: %s', async (_, happening) => {
    expect(await deliver(await happened(happening))).toEqual(['x2@example.org']);
  });

  it('goes to the others when that one has left, or mail does not reach them', async () => {
    expect(await deliver(await entered('x9'))).toEqual(['x1@example.org', 'x2@example.org']);
    await recordUnreachedStaff(desk.store, { personId: 'x2', email: 'x2@example.org', since: at, reason: 'bounced' });
    expect(await deliver(await entered('x2'))).toEqual(['x1@example.org']);
  });

  it('is the assessor’s when they uploaded it themselves', async () => {
    expect(await deliver(await happened({ type: 'package refused', data }))).toEqual(['robin@example.org']);
  });
});

describe('a reminder of a package', () => {
  const reminder = { milestone: '14 days after', day: '2026-12-07', ruleSet: 'rules-2020' } as const;
  const ofPackage: AuditHappening = {
    type: 'reminder due',
    data: { kind: 'package', registeredOn: '2026-11-23', ...reminder },
  };
  const ofRevision: AuditHappening = {
    type: 'reminder due',
    data: { kind: 'revision', round: 1, dueOn: '2026-12-16', ...reminder, milestone: '2 days before' },
  };
  const awaited = { state: 'awaiting revision', rounds: 1, revisionDueOn: '2026-12-16' } as const;

  it('goes to the assessor; to the contact when mail does not reach them or they do not act any more', async () => {
    expect(await deliver(await happened(ofPackage, { state: 'registered' }))).toEqual(['robin@example.org']);
    expect(await deliver(await happened(ofRevision, awaited))).toEqual(['robin@example.org']);
    const robin = await readAssessor(desk.store, 'a1');
    if (robin === undefined) throw new Error('There is no assessor.');
    const left = changeAssessor(robin, { actsFor: ['e2'] }, { role: 'system' }, at);
    await commit(desk.store, { at, assessor: left });
    expect(await deliver(await happened(ofRevision, awaited))).toEqual(['dana@example.org']);
  });

  it.each<[string, AuditHappening, Partial<Audit>]>([
    ['package has arrived', ofPackage, { state: 'pending review' }],
    ['audit was withdrawn', ofPackage, { state: 'withdrawn' }],
    ['revision has arrived', ofRevision, { state: 'pending review', rounds: 1 }],
    ['revision has another due date', ofRevision, { ...awaited, revisionDueOn: '2026-12-20' }],
    ['revision is of another round', ofRevision, { ...awaited, rounds: 2 }],
  ])('goes to nobody once the %s', async (_, happening, next) => {
    expect(await deliver(await happened(happening, next))).toEqual([]);
  });
});

describe('the letter with the outcome', () => {
  it('goes out while its decision holds', async () => {
    const made = await happened(reportMade(1));
    expect(await deliver(made)).toEqual(['dana@example.org', 'robin@example.org']);
  });

  it('does not go out once the audit is reopened, nor after another decision', async () => {
    const made = await happened(reportMade(1));
    await happened(reopened, { state: 'in review' });
    expect(await deliver(made)).toEqual([]);
    const again = await happened(reportMade(2), { state: 'closed', decisions: 2 });
    expect(await deliver(made)).toEqual([]);
    expect(await deliver(again)).toEqual(['dana@example.org', 'robin@example.org']);
  });
});

describe('several refused uploads at once', () => {
  const upload = { link: 1, sequencer: '0A', key: 'packages/1.zip', versionId: 'v', size: 1, arrivedAt: at };
  const limit = { limit: 'uploadsOfLink', message: 'Wait until tomorrow.' } as const;
  const refuse = (of: Audit) => refusePackage(of, upload, 1, { key: 'problems/1.json', versionId: 'v' }, at);
  const overLimit = (of: Audit) => refuseOverLimit(of, upload, limit, at);

  it('are told in one letter with the problems of the last and how many came before; what went over a limit in another', async () => {
    const refused: DomainEvent[] = [];
    for (const step of [refuse, refuse, refuse, refuse, refuse, overLimit]) {
      const change = step(audit);
      await commit(desk.store, { at, audit: change });
      audit = change.audit;
      refused.push(...change.events);
    }
    const letters: string[] = [];
    const sending = async ({ input }: Sending) => {
      // Its lines as they were before they were folded.
      letters.push(input.RawMessage.Data.toString().replace(/=?\r\n/g, ''));
    };
    for (const event of refused) await deliver(event, { sending });
    expect(letters).toHaveLength(2);
    expect(letters[0]).toContain('The 4 uploads before this one were refused too');
    expect(letters[0]).toContain('is missing.');
    expect(letters[1]).toContain('had more uploads than the limit allows');
    expect(letters[1]).toContain('Wait until tomorrow. Uploads over the limit were not read');
  });
});

/** The last event of a change. */
function lastOf(events: readonly DomainEvent[]): DomainEvent {
  const event = events.at(-1);
  if (event === undefined) throw new Error('Nothing has happened.');
  return event;
}

/** Lets something happen to the cycle of e1; gives the event. */
async function happenedToCycle(happening: CycleHappening): Promise<DomainEvent> {
  const cycle = changeCycle(await readCycle(desk.store, 'e1'), [{ happening }], at);
  await commit(desk.store, { at, cycle });
  return lastOf(cycle.events);
}

async function assessorNow(assessorId: string): Promise<Assessor> {
  const assessor = await readAssessor(desk.store, assessorId);
  if (assessor === undefined) throw new Error(`There is no assessor ${assessorId}.`);
  return assessor;
}

/** Records a course of Robin's, which one letter tells; gives the event. */
async function robinCompletes(): Promise<DomainEvent> {
  const by = { role: 'administrator', personId: 'x1' } as const;
  const completion = { courseId: 'oilfield-driver-awareness', completedOn: '2026-11-20' };
  const recorded = recordCompletion(await assessorNow('a1'), completion, by, at);
  if (recorded === undefined || isRefusal(recorded)) throw new Error('The course was not recorded.');
  await commit(desk.store, { at, assessor: recorded });
  return lastOf(recorded.events);
}

async function robinMoves(email: string): Promise<void> {
  const by = { role: 'administrator', personId: 'x1' } as const;
  const assessor = changeAssessor(await assessorNow('a1'), { email }, by, at);
  await commit(desk.store, { at, assessor });
}

const reminder = {
  kind: 'expiry',
  dueOn: '2027-01-22',
  milestone: '60 days before',
  day: '2026-11-23',
  certificateNumber: '400000000-1',
  expiresOn: '2027-01-22',
  ruleSet: 'rules-2020',
} as const;

describe("the letters of an employer's cycle", () => {
  it('go to the contact and the assessor of the last passed audit, else to all who act for the employer', async () => {
    const named = await happenedToCycle({ type: 'reminder due', data: { ...reminder, assessorId: 'a2' } });
    expect(await deliver(named)).toEqual(['dana@example.org', 'kit@example.org']);
    const gone = await happenedToCycle({ type: 'reminder due', data: { ...reminder, assessorId: 'a9' } });
    expect(await deliver(gone)).toEqual(['dana@example.org', 'kit@example.org', 'robin@example.org']);
  });

  it('are written from their event, whatever has become of the certificate, and once', async () => {
    const due = await happenedToCycle({ type: 'reminder due', data: { ...reminder, assessorId: 'a1' } });
    await happenedToCycle({ type: 'risks changed', data: { added: [], gone: [] } });
    expect(await deliver(due)).toEqual(['dana@example.org', 'robin@example.org']);
    expect(await deliver(due)).toEqual([]);
  });

  it('go to the second contact once mail to the first has failed, as those of an audit do', async () => {
    const failed = mailToContactFailed(await readCycle(desk.store, 'e1'), 'first', 'bounced', at);
    await commit(desk.store, { at, cycle: failed });
    const due = await happenedToCycle({ type: 'reminder due', data: { ...reminder, assessorId: 'a1' } });
    expect(await deliver(due)).toEqual(['jo@example.org', 'robin@example.org']);
    expect(await deliver(await happened(reportMade(1)))).toEqual(['jo@example.org', 'robin@example.org']);
  });

  it('tell administrators of a new risk, and nobody of one that is gone', async () => {
    const added = [{ risk: 'no assessor' } as const];
    const arisen = await happenedToCycle({ type: 'risks changed', data: { added, gone: [] } });
    expect(await deliver(arisen)).toEqual(['x1@example.org']);
    const gone = await happenedToCycle({ type: 'risks changed', data: { added: [], gone: added } });
    expect(await deliver(gone)).toEqual([]);
  });
});

describe("the letters of an assessor's status", () => {
  it('go to the assessor and the contact of every employer that they act for', async () => {
    const later = '2026-12-13T13:00:00.000Z';
    const checked = checkAssessor(await assessorNow('a1'), later);
    await commit(desk.store, { at: later, assessor: checked });
    expect(await deliver(lastOf(checked.events))).toEqual(['dana@example.org', 'lee@example.org', 'robin@example.org']);
  });

  it('tell the assessor alone of a course that renews it', async () => {
    expect(await deliver(await robinCompletes())).toEqual(['robin@example.org']);
  });
});

describe('the letters of a session', () => {
  type Taken = SessionChange | Refusal;
  const record = async (change: Taken): Promise<SessionChange> => {
    if (isRefusal(change)) throw new Error(change.message);
    await commit(desk.store, { at, session: change });
    return change;
  };
  const take = async (change: Taken) => {
    const { session, events } = await record(change);
    return { session, letters: await deliver(lastOf(events)) };
  };
  const planned = {
    courseId: 'hazard-management',
    date: '2026-12-01',
    time: '09:00',
    instructor: 'Ash',
    places: 8,
    place: 'Room 4',
  };

  it('go to the assessor whose place it is, and to nobody when it is scheduled', async () => {
    const by = { role: 'administrator', personId: 'x1' } as const;
    const scheduled = await take(scheduleSession({ sessionId: 's1', ...planned }, by, at));
    expect(scheduled.letters).toEqual([]);
    const enrolled = await take(enrol(scheduled.session, 'a2', { role: 'assessor', personId: 'a2' }, at));
    expect(enrolled.letters).toEqual(['kit@example.org']);
    const cancelled = await take(cancelEnrolment(enrolled.session, 'a2', by, at));
    expect(cancelled.letters).toEqual(['kit@example.org']);
  });

  describe('about a change of it or its end', () => {
    const by = { role: 'administrator', personId: 'x1' } as const;
    const { courseId: _, ...plan } = planned;
    /** A session with so many enrolled, each with an address of their own but for the last two, who share one. */
    const full = async (people: number) => {
      let change = await record(scheduleSession({ sessionId: 's1', ...planned, places: people }, by, at));
      for (let index = 1; index <= people; index += 1) {
        const email = index === people ? `P${people - 1}@example.org` : `p${index}@example.org`;
        const person = { assessorId: `p${index}`, name: `P ${index}`, email, actsFor: [], completions: [] };
        await addAssessor(desk.store, person, at);
        const enrolled = enrol(change.session, person.assessorId, by, at);
        if (isRefusal(enrolled)) throw new Error(enrolled.message);
        change = enrolled;
      }
      await commit(desk.store, { at, session: { session: { ...change.session, version: 2 }, events: change.events } });
      const { session } = change;
      return { ...session, version: 2 };
    };
    const moved = async (session: CourseSession) => {
      const change = changeSession(session, { ...plan, places: session.places, time: '10:00' }, by, at);
      if (change === undefined) throw new Error('It was not moved.');
      return lastOf((await record(change)).events);
    };
    const addresses = (people: number) =>
      Array.from({ length: people - 1 }, (_, index) => `p${index + 1}@example.org`).toSorted();

    it('go to all who are enrolled, each by a message of its own, and once to each address', async () => {
      const event = await moved(await full(60));
      const asked: string[][] = [];
      const onAsked = async ({ assessorIds = [] }: LetterMessage) => {
        asked.push([...assessorIds]);
      };
      expect(await deliver(event, { onAsked })).toEqual(addresses(60));
      expect(asked.filter(({ length }) => length !== 1)).toEqual([['p59', 'p60']]);
      expect(await deliver(event)).toEqual([]);
    });

    it('go to each once, though the messages were sent half, and then all of them', async () => {
      const event = await moved(await full(50));
      let left = 30;
      const sent: LetterMessage[] = [];
      const onAsked = async (message: LetterMessage) => {
        if (left-- === 0) throw new Error('SQS is not there.');
        sent.push(message);
      };
      await expect(deliver(event, { onAsked })).rejects.toThrow('SQS is not there.');
      const first = await Promise.all(sent.map((message) => deliverMessage(message)));
      const rest = await deliver(event);
      expect([...first.flat(), ...rest].toSorted()).toEqual(addresses(50));
    });

    it('that fails holds up no other', async () => {
      const event = await moved(await full(4));
      const messages: LetterMessage[] = [];
      const gathering = async (message: LetterMessage) => {
        messages.push(message);
        throw new Error('Not now.');
      };
      await expect(deliver(event, { onAsked: gathering })).rejects.toThrow('Not now.');
      const sending = async ({ input: { Destinations } }: Sending) => {
        if (Destinations.includes('p2@example.org')) throw refusal('InvalidParameterValue', 'Illegal address.');
      };
      const results = await Promise.allSettled(messages.map((message) => deliverMessage(message, { sending })));
      expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    });

    it('go to nobody who gave the place back meanwhile, nor of a move before the session was cancelled', async () => {
      const session = await full(3);
      const event = await moved(session);
      const now = (await readSession(desk.store, 's1')) ?? session;
      const { session: without } = await record(cancelEnrolment(now, 'p1', by, at));
      expect(await deliver(event)).toEqual(['p2@example.org']);
      const cancelled = await record(cancelSession(without, 'Ill.', by, at));
      expect(await deliver(event)).toEqual([]);
      expect(await deliver(lastOf(cancelled.events))).toEqual(['p2@example.org']);
    });
  });

  it('tell nothing of what the assessor undid within minutes, and the rest once', async () => {
    const by = { role: 'assessor', personId: 'a2' } as const;
    const after = (minutes: number) => new Date(Date.parse(at) + minutes * 60_000).toISOString();
    const told: DomainEvent[] = [];
    let { session } = await record(scheduleSession({ sessionId: 's1', ...planned }, by, at));
    const enrolOrCancel = async (minutes: number) => {
      const has = session.enrolments.some(({ state }) => state === 'enrolled');
      const change = await record((has ? cancelEnrolment : enrol)(session, 'a2', by, after(minutes)));
      session = change.session;
      told.push(...change.events);
    };
    /** Delivers what has waited; gives the types of the events that letters went out for. */
    const letters = async () => {
      const types: string[] = [];
      for (const event of told.splice(0)) if ((await deliver(event)).length > 0) types.push(event.type);
      return types;
    };
    await enrolOrCancel(0);
    await enrolOrCancel(2);
    expect(await letters()).toEqual([]);
    for (const minutes of [20, 21, 22]) await enrolOrCancel(minutes);
    expect(await letters()).toEqual(['assessor enrolled']);
    for (const minutes of [40, 44]) await enrolOrCancel(minutes);
    expect(await letters()).toEqual([]);
    await enrolOrCancel(60);
    expect(await letters()).toEqual(['enrolment cancelled']);
    // What the partner undoes is told, however soon.
    await enrolOrCancel(80);
    const partners = await record(cancelEnrolment(session, 'a2', { role: 'administrator', personId: 'x1' }, after(81)));
    told.push(...partners.events);
    expect(await letters()).toEqual(['enrolment cancelled']);
  });
});

const refusal = (name: string, message: string, httpStatusCode = 400) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
const refusing = (error: Error) => async () => {
  throw error;
};
const notVerified = (...names: string[]) =>
  refusal(
    'MessageRejected',
    `Email address is not verified. The following identities failed the check in region CA-CENTRAL-1: ${names.join(', ')}`,
  );
const denied = (identity: string) =>
  refusal(
    'AccessDenied',
    `User \`arn:aws:sts::1:assumed-role/mail' is not authorized to perform \`ses:SendRawEmail' on resource \`arn:aws:ses:ca-central-1:1:identity/${identity}'`,
    403,
  );

describe('what SES refuses', () => {
  it.each([
    ['identity not verified', notVerified('secor@example.org')],
    ['identity not verified', notVerified('example.org', 'robin@assessors.example')],
    ['identity not verified', refusal('MailFromDomainNotVerifiedException', 'Could not read the MX record.')],
    ['sandbox', notVerified('robin@assessors.example')],
    ['sandbox', denied('robin@assessors.example')],
    ['sandbox', denied('assessors.example')],
    ['account paused', refusal('AccountSendingPausedException', 'Email sending is disabled.')],
    ['account paused', refusal('MessageRejected', 'Sending paused for this account. For more information, …')],
    ['account paused', refusal('MessageRejected', 'Sending suspended for this account.')],
    ['configuration set paused', refusal('ConfigurationSetSendingPausedException', 'Disabled.')],
    ['daily quota used up', refusal('Throttling', 'Daily message quota exceeded.')],
    ['daily quota used up', refusal('ThrottlingException', 'Daily message quota exceeded')],
  ] as const)('for a reason that lasts, the message waits for: %s', async (reason, error) => {
    await robinMoves('robin@assessors.example');
    const completed = await robinCompletes();
    const onRefused = vi.fn();
    const failure = await deliver(completed, { sending: refusing(error), onRefused }).catch((each: Error) => each);
    expect(failure).toBeInstanceOf(MustWait);
    expect(String(failure)).toContain(reason);
    expect(String(failure)).not.toContain('@');
    expect(onRefused.mock.calls).toEqual([[reason]]);
    // The claim was given back: any delivery may send it at once.
    expect(await deliver(completed)).toEqual(['robin@assessors.example']);
  });

  it.each([
    refusal('InvalidParameterValue', 'Illegal address: robin@example.org'),
    refusal('MessageRejected', 'The message is not as it should be.'),
    refusal('ConfigurationSetDoesNotExist', 'There is no secor.'),
    denied('example.org'),
  ])('of this letter, the message fails and comes again as any other: %s', async (error) => {
    const completed = await robinCompletes();
    const failure = await deliver(completed, { sending: refusing(error) }).catch((each: Error) => each);
    expect(failure).not.toBeInstanceOf(MustWait);
    expect(failure).not.toBeInstanceOf(ClaimedElsewhere);
    expect(String(failure)).toContain(error.name);
    expect(String(failure)).not.toContain('@');
    expect(await deliver(completed)).toEqual(['robin@example.org']);
  });

  it('does not hold up the other letters of its event', async () => {
    const made = await happened(reportMade(1));
    const sending = async ({ input: { Destinations } }: Sending) => {
      if (Destinations.includes('robin@example.org')) throw notVerified('robin@example.org');
    };
    await expect(deliver(made, { sending })).rejects.toBeInstanceOf(MustWait);
    expect(await deliver(made)).toEqual(['robin@example.org']);
  });
});

describe('a letter of which SES gave no answer', () => {
  const unanswered = [
    refusal('InternalFailure', 'We encountered an internal error.', 500),
    Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }),
  ];

  it.each(unanswered)('does not go again before SES has had the time to tell of it: %s', async (error) => {
    const completed = await robinCompletes();
    const putOffBy = await putOff(deliver(completed, { sending: refusing(error) }));
    // Whoever comes before it is put off, also as the same message; it comes after the queue's timeout, and goes again.
    const beside = [await putOff(deliver(completed)), await putOff(deliver(completed))];
    expect(await deliver(completed, { putOffBy })).toEqual(['robin@example.org']);
    for (const each of beside) expect(await deliver(completed, { putOffBy: each })).toEqual([]);
  });

  it.each(unanswered)('does not go again once SES has told that it has it: %s', async (error) => {
    const completed = await robinCompletes();
    await expect(deliver(completed, { sending: refusing(error) })).rejects.toBeInstanceOf(ClaimedElsewhere);
    const id = { subject: 'assessor#a1' as const, event: completed.number, letter: 'status renewed', personId: 'a1' };
    await recordFeedback(desk.store, id, { acceptedAt: at, messageId: 'ses-1' });
    expect(await deliver(completed)).toEqual([]);
  });

  it('puts the message off for the timeout of the queue, however another letter of its event failed', async () => {
    const made = await happened(reportMade(1));
    const errors = [refusal('InvalidParameterValue', 'Illegal address.'), ...unanswered];
    const sending = async () => {
      const error = errors.shift();
      if (error !== undefined) throw error;
    };
    await expect(deliver(made, { sending })).rejects.toBeInstanceOf(ClaimedElsewhere);
  });
});

describe('a letter whose message is delivered several times at once', () => {
  /** Lets so many deliveries come at once, of which the first to claim the letter holds it until `answer` is called. */
  async function deliverAtOnce(completed: DomainEvent, deliveries: number) {
    const [held, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const sentAtOnce: string[] = [];
    const sending = async ({ input: { Destinations } }: Sending) => {
      sentAtOnce.push(...Destinations);
      held.resolve();
      await answer.promise;
    };
    const all = Array.from({ length: deliveries }, () => deliver(completed, { sending }));
    const putOffDeliveries: string[] = [];
    const others = Promise.withResolvers<void>();
    for (const each of all)
      putOff(each).then(
        (deliveryId) => putOffDeliveries.push(deliveryId) === deliveries - 1 && others.resolve(),
        () => {},
      );
    await Promise.all([held.promise, others.promise]);
    return { all, putOffDeliveries, sentAtOnce, answer };
  }

  it.each([3, 4, 5])('is left to the one of %i that has claimed it', async (deliveries) => {
    const completed = await robinCompletes();
    const { all, putOffDeliveries, sentAtOnce, answer } = await deliverAtOnce(completed, deliveries);
    // And once more each, before the first one has its answer.
    for (const _ of [...putOffDeliveries]) putOffDeliveries.push(await putOff(deliver(completed)));
    expect(sentAtOnce).toEqual(['robin@example.org']);
    answer.resolve();
    const sent = (await Promise.allSettled(all)).flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    expect(sent).toEqual(['robin@example.org']);
    for (const putOffBy of putOffDeliveries) expect(await deliver(completed, { putOffBy })).toEqual([]);
  });

  it.each([3, 4, 5])(
    'goes again once when the one of %i that had it is gone, whoever comes first',
    async (deliveries) => {
      const completed = await robinCompletes();
      const { putOffDeliveries } = await deliverAtOnce(completed, deliveries);
      const again = await Promise.allSettled(
        putOffDeliveries
          .flatMap((putOffBy) => [putOffBy, putOffBy])
          .map((putOffBy) => deliver(completed, { putOffBy })),
      );
      const sent = again.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      expect(sent).toEqual(['robin@example.org']);
    },
  );
});

it('each of the deliveries that are put off at once is remembered', async () => {
  const { subject, number } = await robinCompletes();
  const id = { subject, event: number, letter: 'status renewed', personId: 'a1' };
  await claimLetter(desk.store, id, { deliveryId: 'first' });
  const others = Array.from({ length: 8 }, (_, index) => `delivery ${index}`);
  await Promise.all(others.map((deliveryId) => claimLetter(desk.store, id, { deliveryId })));
  expect(await readLetter(desk.store, id)).toMatchObject({ putOffDeliveries: expect.arrayContaining(others) });
});

describe('who is both the assessor and the contact', () => {
  const administrator = { role: 'administrator', personId: 'x1' } as const;
  const withdrawn: AuditHappening = { type: 'audit withdrawn', data: { reason: 'Not needed.' } };
  const contactIs = async (email: string, second?: string) => {
    const [cycle, before] = [await readCycle(desk.store, 'e1'), await readEmployer(desk.store, 'e1')];
    if (before === undefined) throw new Error('There is no employer e1.');
    const { employerId: _, version: __, ...data } = before;
    const secondContact = second === undefined ? data.secondContact : { name: 'Jo', email: second };
    const contact = { name: 'Dana', email };
    const change = changeEmployer(
      before,
      cycle,
      { ...data, contact, ...(secondContact && { secondContact }) },
      administrator,
      at,
    );
    if (change !== undefined) await commit(desk.store, { at, ...change });
  };
  const withoutStaff = (addresses: readonly string[]) => addresses.filter((address) => address !== 'x1@example.org');
  /** SES takes no letter to this address, this once. */
  const refusingOnce = (address: string) => {
    let left = 1;
    return async ({ input: { Destinations } }: Sending) => {
      if (Destinations.includes(address) && left-- > 0) throw refusal('InvalidParameterValue', 'Illegal address.');
    };
  };

  it('gets one letter, and none more when the message comes again', async () => {
    await contactIs('Robin@Example.org');
    const made = await happened(reportMade(1));
    expect(await deliver(made)).toEqual(['robin@example.org']);
    expect(await deliver(made)).toEqual([]);
  });

  it('gets none more at a new address of one of the roles', async () => {
    await contactIs('robin@example.org');
    const made = await happened(reportMade(1));
    await deliver(made);
    await contactIs('dana@elsewhere.example');
    expect(await deliver(made)).toEqual([]);
    await robinMoves('robin@elsewhere.example');
    expect(await deliver(made)).toEqual([]);
  });

  it('gets none more when the contact, who has theirs, turns out to be the assessor, whose failed', async () => {
    const made = await happened(reportMade(1));
    const sending = refusingOnce('robin@example.org');
    await expect(deliver(made, { sending })).rejects.toThrow('SES did not take the letter');
    await robinMoves('dana@example.org');
    expect(await deliver(made)).toEqual([]);
    await robinMoves('robin@elsewhere.example');
    expect(await deliver(made)).toEqual([]);
  });

  it('gets the letter as the contact where the one to the assessor failed, and the two are not one any more', async () => {
    await contactIs('robin@example.org');
    const made = await happened(withdrawn, { state: 'withdrawn' });
    const sending = refusingOnce('robin@example.org');
    await expect(deliver(made, { sending })).rejects.toThrow('SES did not take the letter');
    await contactIs('dana@example.org');
    const left = changeAssessor(await assessorNow('a1'), { actsFor: ['e2'] }, administrator, at);
    await commit(desk.store, { at, assessor: left });
    expect(withoutStaff(await deliver(made))).toEqual(['dana@example.org']);
  });

  it('is left to the delivery that sends to one of the roles', async () => {
    const made = await happened(reportMade(1));
    const [held, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = deliver(made, {
      sending: async () => {
        held.resolve();
        await answer.promise;
      },
    });
    await held.promise;
    await contactIs('robin@example.org');
    const putOffBy = await putOff(deliver(made));
    answer.resolve();
    // The first one knew of two addresses.
    expect(await first).toEqual(['dana@example.org', 'robin@example.org']);
    expect(await deliver(made, { putOffBy })).toEqual([]);
  });

  it('is written to as the contact no more once the letter to the assessor has come back', async () => {
    await contactIs('robin@example.org');
    const made = await happened(reportMade(1));
    await deliver(made);
    await commit(desk.store, { at, assessor: mailFailed(await assessorNow('a1'), 'bounced', at) });
    expect(await deliver(await happened(reportMade(2), { decisions: 2 }))).toEqual(['jo@example.org']);
  });

  it('is not written to as the assessor alone where mail to the contact came back', async () => {
    await contactIs('ROBIN@example.org');
    const failed = mailToContactFailed(await readCycle(desk.store, 'e1'), 'first', 'bounced', at);
    await commit(desk.store, { at, cycle: failed });
    const extended: AuditHappening = { type: 'revision extended', data: { dueOn: '2026-12-22', reason: 'Ill.' } };
    expect(await deliver(await happened(extended, { state: 'awaiting revision' }))).toEqual(['jo@example.org']);
  });
});

describe('in the sandbox', () => {
  it('letters go to the addresses and domains of the stage only, and of others it is recorded that they went to nobody', async () => {
    await robinMoves('robin@assessors.example');
    const made = await happened(reportMade(1));
    const id = { subject: made.subject, event: made.number, letter: 'audit passed', personId: 'e1.1' };
    expect(await deliver(made, { sandboxRecipients: ['assessors.example', 'jo@example.org'] })).toEqual([
      'robin@assessors.example',
    ]);
    expect(await readLetter(desk.store, id)).toMatchObject({
      withheld: { at, reason: 'not a recipient of the sandbox' },
    });
    expect(await deliver(made)).toEqual([]);
  });

  it('that is recorded of a letter, too, that SES has refused before', async () => {
    const completed = await robinCompletes();
    const sending = refusing(refusal('InvalidParameterValue', 'Illegal address.'));
    await expect(deliver(completed, { sending })).rejects.toThrow('SES did not take the letter');
    const id = { subject: completed.subject, event: completed.number, letter: 'status renewed', personId: 'a1' };
    const sandboxRecipients = ['jo@example.org'];
    expect(await deliver(completed, { sandboxRecipients })).toEqual([]);
    expect(await readLetter(desk.store, id)).toMatchObject({ withheld: { at } });
    expect(await deliver(completed)).toEqual([]);
  });

  it('nothing is withheld that SES has taken', async () => {
    const completed = await robinCompletes();
    expect(await deliver(completed)).toEqual(['robin@example.org']);
    expect(await deliver(completed, { sandboxRecipients: ['jo@example.org'] })).toEqual([]);
    const id = { subject: completed.subject, event: completed.number, letter: 'status renewed', personId: 'a1' };
    expect(await readLetter(desk.store, id)).not.toHaveProperty('withheld');
  });
});

describe('of those whom mail does not reach', () => {
  it('staff get no letter at an address that failed, and get them again at another', async () => {
    const added = [{ risk: 'no assessor' } as const];
    const arisen = await happenedToCycle({ type: 'risks changed', data: { added, gone: [] } });
    await recordUnreachedStaff(desk.store, { personId: 'x1', email: 'x1@example.org', since: at, reason: 'bounced' });
    const logged = vi.spyOn(log, 'error').mockImplementation(() => {});
    expect(await deliver(arisen)).toEqual([]);
    expect(logged.mock.calls).toEqual([
      [expect.stringContaining('no administrator'), { subject: 'employer#e1', event: arisen.number }],
    ]);
    logged.mockRestore();
    await recordUnreachedStaff(desk.store, {
      personId: 'x1',
      email: 'before@example.org',
      since: at,
      reason: 'bounced',
    });
    expect(await deliver(arisen)).toEqual(['x1@example.org']);
  });

  it('nobody of the staff gets one at an address that failed for another of them', async () => {
    await recordUnreachedStaff(desk.store, { personId: 'r9', email: 'X1@example.org', since: at, reason: 'bounced' });
    const arisen = await happenedToCycle({
      type: 'risks changed',
      data: { added: [{ risk: 'no assessor' }], gone: [] },
    });
    const logged = vi.spyOn(log, 'error').mockImplementation(() => {});
    expect(await deliver(arisen)).toEqual([]);
    logged.mockRestore();
  });

  it('a reviewer gets none, and the audit goes on', async () => {
    await recordUnreachedStaff(desk.store, { personId: 'r1', email: 'r1@example.org', since: at, reason: 'bounced' });
    const assign: AuditHappening = { type: 'reviewer assigned', data: { reviewerId: 'r1' } };
    const assigned = await happened(assign, { state: 'pending review', reviewerId: 'r1' });
    expect(await deliver(assigned)).toEqual([]);
  });

  it('letters about an open audit of who no longer acts for its employer go to the contact whom mail reaches', async () => {
    const by = { role: 'administrator', personId: 'x1' } as const;
    await commit(desk.store, { at, assessor: changeAssessor(await assessorNow('a1'), { actsFor: ['e2'] }, by, at) });
    const failed = mailToContactFailed(await readCycle(desk.store, 'e1'), 'first', 'bounced', at);
    await commit(desk.store, { at, cycle: failed });
    const extended: AuditHappening = { type: 'revision extended', data: { dueOn: '2026-12-22', reason: 'Ill.' } };
    expect(await deliver(await happened(extended, { state: 'awaiting revision' }))).toEqual(['jo@example.org']);
    expect(await deliver(await happened(reportMade(1), { state: 'closed' }))).toEqual([
      'jo@example.org',
      'robin@example.org',
    ]);
  });

  it('a contact without a second one gets none', async () => {
    const failed = mailToContactFailed(await readCycle(desk.store, 'e2'), 'first', 'bounced', at);
    await commit(desk.store, { at, cycle: failed });
    const later = '2026-12-13T13:00:00.000Z';
    const checked = checkAssessor(await assessorNow('a1'), later);
    await commit(desk.store, { at: later, assessor: checked });
    expect(await deliver(lastOf(checked.events))).toEqual(['dana@example.org', 'robin@example.org']);
  });
});

describe('a message of the mail queue', () => {
  it.each(['audit#412345678', 'employer#e1', 'assessor#a1', 'session#s1'])('is about %s', (subject) => {
    expect(v.is(LetterMessage, { subject, number: 1, type: 'reminder due' })).toBe(true);
  });

  it.each(['reviewer#r1', 'audit#4', 'employer#', 'note#1'])('is not about %s', (subject) => {
    expect(v.is(LetterMessage, { subject, number: 1, type: 'reminder due' })).toBe(false);
  });
});
