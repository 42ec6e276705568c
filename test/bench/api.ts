import { randomUUID } from 'node:crypto';
import { addDays, businessDate, ruleSetOn } from '@secor/certification';
import { currentAssembly, samplePeople } from '@secor/cli';
import { upload } from '@secor/cli/play-audit';
import {
  type AnswerOf,
  ApiError,
  apiClient,
  callApi,
  delaySecondsOf,
  type EndpointName,
  type InputFor,
  openApiPath,
} from '@secor/contracts';
import { openApiDocument } from '@secor/contracts/openapi';
import type { LocalCloud } from '@secor/local-cloud';
import { openStore, readAudit } from '@secor/store';
import { begunSession, newAssessor, newEmployer, newId } from '../support/people.ts';
import { inFreshCloud, newParty, output, packageFor } from './bench-cloud.ts';
import { median, medianRatio } from './rounds.ts';
import { type Row, row } from './row.ts';

const warmUps = 3;
/** Calls of each operation that reads. */
const reads = 100;
/** Calls of each operation that writes: each needs an audit of its own. */
const writes = 20;
const documents = { count: 2, bytes: 50_000 };

/** The operation that asks AWS for nothing and takes no token: the others are compared with it. */
const bare = 'readOpenApi';
type OperationName = EndpointName | typeof bare;
type Calls = Readonly<Record<string, number>>;

const get = 'dynamodb GetItem';
const query = 'dynamodb Query';
/** The names that stand beside ids. */
const names = 'dynamodb BatchGetItem';
const commit = 'dynamodb TransactWriteItems';
const fetched = 's3 GetObject';

/**
 * By operation, what one call asks of AWS: a new call is a decision. The sign-in is read first; then the person as an
 * assessor, or all of the staff, the audit, what its reviewers wrote;
 * for a step of the review those whom the audit is about, since nobody reviews their own; and one transaction commits.
 */
const expectedCalls = {
  readOpenApi: {},
  // Sign-in, the employer whose contact it is of.
  listEmployersAudits: { [get]: 2, [query]: 1, [names]: 1 },
  // Sign-in, assessor; each write also the audit, and the cycle where it changes.
  listAudits: { [get]: 2, [query]: 1, [names]: 1 },
  registerAudit: { [get]: 4, [commit]: 1 },
  issueLink: { [get]: 4, [commit]: 1 },
  // Sign-in, assessor, audit, review; the upload in place of the review. That it is completed is recorded before and after.
  beginUpload: { [get]: 4, [commit]: 1, 's3 CreateMultipartUpload': 1 },
  readUpload: { [get]: 4, 's3 ListParts': 1 },
  completeUpload: { [get]: 4, [commit]: 2, 's3 ListParts': 1, 's3 CompleteMultipartUpload': 1 },
  abortUpload: { [get]: 4, [commit]: 1, 's3 AbortMultipartUpload': 1 },
  readDraft: { [get]: 4, [fetched]: 1 },
  saveDraft: { [get]: 4, [commit]: 1, 's3 PutObject': 1 },
  readRevision: { [get]: 4, [fetched]: 1 },
  answerNotes: { [get]: 4, [commit]: 1 },
  withdrawAudit: { [get]: 5, [commit]: 1 },
  readReport: { [get]: 4 },
  // Sign-in, assessor, audit, revision, review, history: queue and waits are kept for a minute.
  readAudit: { [get]: 5, [query]: 1 },
  // What waits for a reviewer is asked for twice: once to leave out what is the caller's own.
  listQueue: { [get]: 1, [query]: 4, [names]: 1 },
  listReviewers: { [get]: 1, [query]: 1 },
  setPresence: { [get]: 2, [query]: 1, [commit]: 1 },
  readReview: { [get]: 4, [query]: 2, [fetched]: 1 },
  readDocumentLink: { [get]: 3, [query]: 1, [fetched]: 1 },
  readChanges: { [get]: 5, [query]: 1, [fetched]: 2 },
  takeReview: { [get]: 2, [query]: 3, [commit]: 1 },
  releaseReview: { [get]: 2, [query]: 3, [commit]: 1 },
  reassignReview: { [get]: 4, [query]: 3, [commit]: 1 },
  openReview: { [get]: 2, [query]: 3, [commit]: 1 },
  addNote: { [get]: 3, [query]: 3, [commit]: 1 },
  changeNote: { [get]: 3, [query]: 3, [commit]: 1 },
  deleteNote: { [get]: 3, [query]: 3, [commit]: 1 },
  changePoints: { [get]: 4, [query]: 3, [commit]: 1 },
  correctMonths: { [get]: 4, [query]: 3, [commit]: 1 },
  setConflicts: { [get]: 3, [names]: 1, [commit]: 1 },
  addReviewer: { [get]: 2, [commit]: 1 },
  changeReviewer: { [get]: 2, [commit]: 1 },
  leaveReviewers: { [get]: 2, [commit]: 1 },
  requestRevision: { [get]: 3, [query]: 3, [commit]: 1 },
  extendRevision: { [get]: 2, [query]: 3, [commit]: 1 },
  rejectAudit: { [get]: 4, [query]: 3, [commit]: 1 },
  withdrawReview: { [get]: 5, [query]: 3, [commit]: 1 },
  reopenAudit: { [get]: 4, [query]: 3, [commit]: 1 },
  // Sign-in; and the import.
  startImport: { [get]: 1, [commit]: 1 },
  readImport: { [get]: 2 },
  listImports: { [get]: 1, [query]: 1, [names]: 1 },
  acceptAudit: { [get]: 5, [query]: 3, [commit]: 1 },
  // Sign-in; a list, and the names in it. The register reads two lists for what is valid, one for each other standing.
  listCertificates: { [get]: 1, [query]: 2 },
  exportCertificates: { [get]: 1, [query]: 2 },
  listAllAudits: { [get]: 1, [query]: 1, [names]: 1 },
  listBinders: { [get]: 1, [query]: 1, [names]: 1 },
  listLetters: { [get]: 1, [query]: 1, [names]: 1 },
  listSignIns: { [get]: 1, [query]: 1, [names]: 1 },
  // Sign-in, assessor.
  readMe: { [get]: 2, [names]: 1 },
  // Sign-in, and what is read or changed; who acts for an employer, and the employers that an assessor acts for: one here.
  addEmployer: { [get]: 3, [commit]: 1 },
  listEmployers: { [get]: 1, [query]: 1 },
  readEmployer: { [get]: 5, [query]: 2 },
  changeEmployer: { [get]: 3, [commit]: 1 },
  addAssessor: { [get]: 3, [names]: 1, [commit]: 1 },
  listAssessors: { [get]: 1, [query]: 1, [names]: 1 },
  readAssessor: { [get]: 2, [query]: 1, [names]: 1 },
  changeAssessor: { [get]: 3, [names]: 1, [commit]: 1 },
  recordCompletion: { [get]: 2, [names]: 1, [commit]: 1 },
  withdrawCompletion: { [get]: 2, [names]: 1, [commit]: 1 },
  linkSignIn: { [get]: 3, [query]: 1, [commit]: 1 },
  listRisks: { [get]: 1, [query]: 1 },
  // The next sessions of each of four classroom courses.
  readOwnStatus: { [get]: 2, [query]: 4, [names]: 1 },
  listCourses: { [get]: 2, [query]: 4 },
  checkEligibility: { [get]: 4, [query]: 4 },
  scheduleSession: { [get]: 1, [commit]: 1 },
  // One of each of four classroom courses.
  listSessions: { [get]: 1, [query]: 4 },
  readSession: { [get]: 3 },
  changeSession: { [get]: 2, [commit]: 1 },
  cancelSession: { [get]: 2, [commit]: 1 },
  enrolAssessor: { [get]: 3, [commit]: 1 },
  cancelAssessorsEnrolment: { [get]: 3, [commit]: 1 },
  enrol: { [get]: 3, [commit]: 1 },
  cancelEnrolment: { [get]: 3, [commit]: 1 },
  markAttendance: { [get]: 3, [commit]: 1 },
  recordBinder: { [get]: 4, [query]: 1, [commit]: 1 },
  issueBinderLink: { [get]: 3, [commit]: 1 },
  readStanding: { [get]: 4 },
  readOwnStanding: { [get]: 3 },
  // Sign-in, the employer whose contact it is of; a change also its cycle.
  readOwnContact: { [get]: 2 },
  changeOwnPhone: { [get]: 3, [commit]: 1 },
  readWhy: { [get]: 4 },
  // Sign-in, assessor, the audit that no package has come for.
  readAuditWhy: { [get]: 3 },
  readAssessorWhy: { [get]: 2 },
  // They are part of the function.
  readProtocol: {},
  readRuleSet: {},
} satisfies Readonly<Partial<Record<OperationName, Calls>>>;

/** With the queue and the days of waits, which an instance keeps for a minute. */
const firstReadAudit = 'readAudit, first of a minute';
const expectedOfFirst: Calls = { ...expectedCalls.readAudit, [query]: 3 };

/** One call: how long it took, how long the bare one beside it, milliseconds; and what it asked of AWS. */
type Sample = { readonly ms: number; readonly bareMs: number; readonly calls: Calls };

/** Every operation: how long its calls take, against a bare one, and what each asks of AWS. */
export async function rows(): Promise<readonly Row[]> {
  const operations = Object.values(openApiDocument().paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  for (const name of operations.filter((each) => !Object.hasOwn(expectedCalls, each)))
    console.error(`bench: expectedCalls in api.ts has no row for ${name}: it is not measured.`);
  return inFreshCloud('api', await currentAssembly(), async (cloud, folder) => {
    const caller = callerOf(cloud);
    for (let round = 0; round < warmUps + writes; round += 1) {
      if (round === warmUps) caller.samples.clear();
      await playAudits(cloud, folder, caller, round === warmUps + writes - 1);
      await playProgram(cloud, caller, round === warmUps + writes - 1);
    }
    caller.store.client.destroy();
    const expected = Object.entries({ ...expectedCalls, [firstReadAudit]: expectedOfFirst });
    return expected.flatMap(([name, calls]) => rowsOf(name, calls, caller.samples.get(name) ?? []));
  });
}

function rowsOf(name: string, expected: Calls, samples: readonly Sample[]): readonly Row[] {
  if (samples.length === 0) throw new Error(`${name} was not called.`);
  const times = samples.map(({ ms }) => ms);
  const others = new Set(samples.map(({ calls }) => shown(calls)).filter((calls) => calls !== shown(expected)));
  for (const calls of others) console.error(`bench: ${name} asked AWS for ${calls}; expected: ${shown(expected)}.`);
  const total = (calls: Calls) => Object.values(calls).reduce((sum, count) => sum + count, 0);
  const most = Math.max(...samples.map(({ calls }) => total(calls)));
  const bareTimes = samples.map(({ bareMs }) => bareMs);
  const p99 = times.toSorted((a, b) => a - b)[Math.ceil(0.99 * times.length) - 1] ?? 0;
  return [
    ...(name === bare ? [] : [row(`${name}, p50 to a bare call`, medianRatio(times, bareTimes), '×')]),
    row(`${name}, p50`, median(times), 'ms'),
    row(`${name}, p99 of ${times.length}`, p99, 'ms'),
    // Fewer than expected are not as expected, too.
    { ...row(`${name}, calls to AWS`, most, 'calls', total(expected)), ok: others.size === 0 },
  ].slice(times.length === 1 ? -1 : 0);
}

/** Calls as text, in one order. */
function shown(calls: Calls): string {
  const entries = Object.entries(calls).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([operation, count]) => `${count} ${operation}`).join(', ') || 'nothing';
}

/** Whoever calls the API: keeps a sample of each call by the operation's name. */
type Caller = ReturnType<typeof callerOf>;

function callerOf(cloud: LocalCloud) {
  const samples = new Map<string, Sample[]>();
  const store = openStore(output(cloud, 'TableName'));
  const keep = (name: string, sample: Sample) => samples.set(name, [...(samples.get(name) ?? []), sample]);

  const callBare = async (): Promise<number> => {
    const begun = performance.now();
    const response = await fetch(`${cloud.apiUrl.replace(/\/$/, '')}${openApiPath}`);
    await response.arrayBuffer();
    if (response.status === 200) return performance.now() - begun;
    if (response.status !== 429) throw new Error(`${openApiPath} answered ${response.status}.`);
    await pause();
    return callBare();
  };

  /** Calls an operation, and the bare one before it, while nothing else is under way; again when the stage has had too many calls. */
  const call = async <N extends EndpointName>(token: string, name: N, input: InputFor<N>): Promise<AnswerOf<N>> => {
    cloud.meter.reset();
    const bareMs = await callBare();
    const bareCalls = callsOfApi(cloud);
    cloud.meter.reset();
    try {
      const begun = performance.now();
      const { body } = await callApi({ apiUrl: cloud.apiUrl, token }, name, input);
      const ms = performance.now() - begun;
      keep(name, { ms, bareMs, calls: callsOfApi(cloud) });
      keep(bare, { ms: bareMs, bareMs, calls: bareCalls });
      return body;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 429) throw error;
      await pause();
      return call(token, name, input);
    }
  };

  /** Calls an operation that changes an audit, as somebody who sees it as it is now, and waits for what follows from it. */
  const change = async <N extends EndpointName>(
    token: string,
    name: N,
    auditNumber: string,
    body?: Readonly<Record<string, unknown>>,
    further: Readonly<Record<string, string>> = {},
  ): Promise<AnswerOf<N>> => {
    const audit = await readAudit(store, auditNumber);
    const input = {
      parameters: { auditNumber, ...further },
      ifMatch: audit?.version,
      ...(body === undefined ? {} : { body }),
    };
    const answer = await call(token, name, input as unknown as InputFor<N>);
    await cloud.quiet();
    return answer;
  };

  /** Calls an operation that only reads, so often that there is a p99. */
  const often = async (name: EndpointName, once: () => Promise<unknown>): Promise<void> => {
    for (let round = 0; round < warmUps; round += 1) await once();
    const first = samples.get(name)?.[0];
    samples.delete(name);
    if (name === 'readAudit' && first !== undefined) keep(firstReadAudit, first);
    for (let round = 0; round < reads; round += 1) await once();
  };
  return { samples, store, call, change, often };
}

/** What the functions behind the API have asked of AWS since the meter was reset. */
function callsOfApi({ meter }: LocalCloud): Calls {
  const calls: Record<string, number> = {};
  for (const total of meter.totals())
    if (/^secor-dev-(assessor-api|review-api|program-api|import-api|openapi)$/.test(total.principal))
      calls[`${total.service} ${total.operation}`] = total.calls;
  return calls;
}

/** Until the stage takes a few more calls. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 40));
}

/**
 * Plays three audits of one employer, so that each operation that writes is called at least once.
 * @param reading whether those that only read are called as well
 */
async function playAudits(cloud: LocalCloud, folder: string, caller: Caller, reading: boolean): Promise<void> {
  const { call, change, often } = caller;
  const { employer, tokens } = await newParty(cloud);
  const { email } = samplePeople.administrator;
  const administrator = await cloud.token({ email, groups: ['administrator'] });
  const reviewers = await Promise.all(
    samplePeople.reviewers.map(async ({ reviewerId, email }) => ({
      reviewerId,
      token: await cloud.token({ email, groups: ['reviewer'] }),
    })),
  );
  const reason = 'It has to be so.';

  const registered = async () => {
    const body = { employerId: employer.employerId, kind: 'certification' } as const;
    const audit = await call(tokens.assessor, 'registerAudit', { body });
    await submit(audit);
    return audit.auditNumber;
  };
  const submit = async (audit: AnswerOf<'registerAudit'>, seed?: number) => {
    const link = await call(tokens.assessor, 'issueLink', { parameters: { auditNumber: audit.auditNumber } });
    await upload(await packageFor(audit, folder, documents, seed), link);
    await cloud.quiet();
  };
  const holderOf = async (auditNumber: string) => {
    const audit = await readAudit(caller.store, auditNumber);
    const holder = reviewers.find(({ reviewerId }) => reviewerId === audit?.reviewerId);
    const other = reviewers.find((each) => each !== holder);
    if (holder === undefined || other === undefined) throw new Error(`Audit ${auditNumber} has no reviewer.`);
    return { holder, other };
  };

  const first = await registered();
  await workOnPackage(cloud, caller, tokens.assessor, first, reading);
  const { holder, other } = await holderOf(first);
  const { reviewerId } = holder;
  // Absent, it gives back what it has; so does the other then, and nobody else is there.
  await call(holder.token, 'setPresence', { parameters: { reviewerId }, body: { present: false } });
  await cloud.quiet();
  await change(other.token, 'releaseReview', first, { reason });
  // Who gave it back is not given it again, but may take it.
  await change(other.token, 'takeReview', first);
  const unmeasured = { parameters: { reviewerId }, body: { present: true }, idempotencyKey: randomUUID() };
  await apiClient(cloud.apiUrl, holder.token)('setPresence', unmeasured);
  await cloud.quiet();
  await change(administrator, 'reassignReview', first, { reviewerId });
  await change(administrator, 'reassignReview', first, { reviewerId: other.reviewerId });
  await change(other.token, 'openReview', first, { revision: 1 });
  await change(other.token, 'addNote', first, { kind: 'actionable', text: 'Add the records of October.' });
  await change(other.token, 'addNote', first, { kind: 'actionable', text: 'Not meant for this audit.' });
  await change(other.token, 'changeNote', first, { kind: 'informational', text: 'Well done.' }, { note: '2' });
  await change(other.token, 'deleteNote', first, undefined, { note: '2' });
  await change(other.token, 'changePoints', first, { question: '1.1', awarded: 0, reason });
  await change(other.token, 'correctMonths', first, { recordsMonths: 12, reason });
  await change(other.token, 'requestRevision', first);
  const dueOn = addDays(businessDate(cloud.clock.now()), 20);
  await change(administrator, 'extendRevision', first, { dueOn, reason });
  const answers = [{ note: 1, text: 'They are in the package now.' }];
  await submit(await change(tokens.assessor, 'answerNotes', first, { answers }), 2);
  const parameters = { auditNumber: first };
  const { importId } = await call(administrator, 'startImport', { body: { of: 'employers' } });
  if (reading) {
    await often('listAudits', () => call(tokens.assessor, 'listAudits', {}));
    await often('listEmployersAudits', () => call(tokens.contact, 'listEmployersAudits', {}));
    await often('listQueue', () => call(other.token, 'listQueue', {}));
    await often('readImport', () => call(administrator, 'readImport', { parameters: { importId } }));
    await often('listReviewers', () => call(administrator, 'listReviewers', {}));
    await often('readReview', () => call(other.token, 'readReview', { parameters }));
    const ofDocument = { auditNumber: first, document: '1' };
    await often('readDocumentLink', () =>
      call(other.token, 'readDocumentLink', { parameters: ofDocument, query: { revision: '2' } }),
    );
    await often('readChanges', () => call(other.token, 'readChanges', { parameters, query: { from: '1', to: '2' } }));
    // What was kept is too old now.
    cloud.clock.advanceBy(60_000);
    await often('readAudit', () => call(tokens.assessor, 'readAudit', { parameters }));
  }
  await change(other.token, 'acceptAudit', first, { revision: 2 });
  if (reading) await often('readReport', () => call(tokens.assessor, 'readReport', { parameters }));
  await change(administrator, 'reopenAudit', first, { reason });
  await change(administrator, 'withdrawReview', first, { reason });

  const conflicts = { parameters: { reviewerId }, body: { employerIds: [employer.employerId] } };
  await call(administrator, 'setConflicts', conflicts);
  await cloud.quiet();
  const free = { parameters: { reviewerId }, body: { employerIds: [] }, idempotencyKey: randomUUID() };
  await apiClient(cloud.apiUrl, administrator)('setConflicts', free);
  await cloud.quiet();

  const joining = { name: 'Rae', email: 'rae@partner.example.org' };
  const joined = await call(administrator, 'addReviewer', { body: { reviewerId: newId('reviewer'), ...joining } });
  const named = { parameters: { reviewerId: joined.reviewerId } };
  await call(administrator, 'changeReviewer', { ...named, body: joining });
  await call(administrator, 'leaveReviewers', named);
  await cloud.quiet();

  const second = await registered();
  await change((await holderOf(second)).holder.token, 'rejectAudit', second, { reason });

  await change(tokens.assessor, 'withdrawAudit', await registered(), { reason });
}

/** Plays what an assessor does for the package of an audit: the draft, an upload in parts of no package, and one that is aborted. */
async function workOnPackage(
  cloud: LocalCloud,
  { call, often }: Caller,
  assessor: string,
  auditNumber: string,
  reading: boolean,
): Promise<void> {
  const parameters = { auditNumber };
  await call(assessor, 'saveDraft', { parameters, ifMatch: 0, body: { recordsMonths: 12 } });
  const begin = async () => {
    const body = { bytes: 1, crc32: ['d202ef8d'] };
    const { link } = await call(assessor, 'beginUpload', { parameters, body });
    return { parameters: { auditNumber, link: String(link) } };
  };
  await call(assessor, 'abortUpload', await begin());
  const upload = await begin();
  if (reading) {
    await often('readUpload', () => call(assessor, 'readUpload', upload));
    await often('readDraft', () => call(assessor, 'readDraft', { parameters }));
    await often('readRevision', () =>
      call(assessor, 'readRevision', { parameters: { auditNumber, revision: 'latest' } }),
    );
  }
  const [part] = (await call(assessor, 'readUpload', upload)).parts;
  if (part?.upload === undefined) throw new Error('The part has no link.');
  await fetch(part.upload.url, { method: 'PUT', headers: part.upload.headers, body: new Uint8Array(1) });
  await call(assessor, 'completeUpload', upload);
  await cloud.quiet();
}

/**
 * Plays what administrators and assessors do in the program, each operation that writes once.
 * @param reading whether those that only read are called as well
 */
async function playProgram(cloud: LocalCloud, caller: Caller, reading: boolean): Promise<void> {
  const { call, often, store } = caller;
  const { employer, assessor, tokens } = await newParty(cloud);
  const { employerId } = employer;
  const { assessorId } = assessor;
  const { email } = samplePeople.administrator;
  const administrator = await cloud.token({ email, groups: ['administrator'] });
  const today = businessDate(cloud.clock.now());

  const { employerId: added, version: _, ...data } = await call(administrator, 'addEmployer', { body: newEmployer() });
  const changed = { parameters: { employerId: added }, ifMatch: 1, body: { ...data, employees: 7 } };
  await call(administrator, 'changeEmployer', changed);
  const body = newAssessor([added], today);
  await call(administrator, 'addAssessor', { body });
  const parameters = { assessorId: body.assessorId };
  const renamed = { name: 'Renamed', email: body.email, actsFor: body.actsFor };
  await call(administrator, 'changeAssessor', { parameters, ifMatch: 1, body: renamed });
  const completion = { courseId: 'oilfield-driver-awareness', completedOn: today };
  await call(administrator, 'recordCompletion', { parameters, body: completion });
  await call(administrator, 'withdrawCompletion', { parameters, body: completion });
  await call(administrator, 'linkSignIn', { body: { sub: newId('sub'), employerId: added } });

  const planned = {
    courseId: 'hazard-management',
    date: addDays(today, 1),
    time: '09:00',
    instructor: 'Ines',
    place: 'Room 4',
  };
  const { sessionId } = await call(administrator, 'scheduleSession', { body: { ...planned, places: 5 } });
  await call(tokens.assessor, 'enrol', { parameters: { sessionId } });
  await call(tokens.assessor, 'cancelEnrolment', { parameters: { sessionId } });
  const place = { parameters: { sessionId }, body: { assessorId } };
  await call(administrator, 'enrolAssessor', place);
  await call(administrator, 'cancelAssessorsEnrolment', place);
  const { courseId: _courseId, ...plan } = { ...planned, places: 5, time: '10:00' };
  const { version: seen } = await call(administrator, 'readSession', { parameters: { sessionId } });
  const moved = await call(administrator, 'changeSession', { parameters: { sessionId }, ifMatch: seen, body: plan });
  const cancelled = { parameters: { sessionId }, ifMatch: moved.version, body: { reason: 'Only a measurement.' } };
  await call(administrator, 'cancelSession', cancelled);
  const begun = { sessionId: await begunSession(store, cloud.clock.now(), assessorId) };
  await call(administrator, 'markAttendance', { parameters: begun, body: { assessorId, attended: true } });

  const number = { phone: `403 555 ${String(1000 + (cloud.clock.now() % 9000)).slice(0, 4)}` };
  await call(tokens.contact, 'changeOwnPhone', { body: number });

  const dates = { endedOn: today, postmarkedOn: today, receivedOn: today };
  const binder = { employerId, assessorId, kind: 'certification', ...dates } as const;
  const { auditNumber } = await call(administrator, 'recordBinder', { body: binder });
  await call(administrator, 'issueBinderLink', { parameters: { auditNumber } });
  const { importId } = await call(administrator, 'startImport', { body: { of: 'employers' } });
  // Letters about enrolments wait for what may follow.
  cloud.clock.advanceBy(delaySecondsOf('assessor enrolled') * 1000);
  await cloud.quiet();
  if (!reading) return;
  const own = { parameters: { employerId } };
  await often('listEmployers', () => call(administrator, 'listEmployers', {}));
  await often('readEmployer', () => call(administrator, 'readEmployer', own));
  await often('listAssessors', () => call(administrator, 'listAssessors', {}));
  await often('readAssessor', () => call(administrator, 'readAssessor', { parameters: { assessorId } }));
  await often('listRisks', () => call(administrator, 'listRisks', {}));
  const valid = { query: { standing: 'valid' } } as const;
  await often('listCertificates', () => call(administrator, 'listCertificates', valid));
  await often('exportCertificates', () => call(administrator, 'exportCertificates', valid));
  await often('listAllAudits', () => call(administrator, 'listAllAudits', { query: { employerId } }));
  await often('listBinders', () => call(administrator, 'listBinders', { query: { entered: 'no' } }));
  await often('listLetters', () => call(administrator, 'listLetters', { query: { auditNumber } }));
  await often('listSignIns', () => call(administrator, 'listSignIns', {}));
  await often('listImports', () => call(administrator, 'listImports', {}));
  await often('readMe', () => call(tokens.assessor, 'readMe', {}));
  await often('readOwnStatus', () => call(tokens.assessor, 'readOwnStatus', {}));
  await often('listCourses', () => call(tokens.assessor, 'listCourses', {}));
  await often('listSessions', () => call(administrator, 'listSessions', { query: { from: today } }));
  await often('readSession', () => call(tokens.assessor, 'readSession', { parameters: { sessionId } }));
  await often('checkEligibility', () =>
    call(tokens.assessor, 'checkEligibility', { ...own, query: { kind: 'certification' } }),
  );
  await often('readStanding', () => call(tokens.assessor, 'readStanding', own));
  await often('readOwnStanding', () => call(tokens.contact, 'readOwnStanding', {}));
  await often('readOwnContact', () => call(tokens.contact, 'readOwnContact', {}));
  await often('readWhy', () => call(tokens.assessor, 'readWhy', own));
  await often('readAuditWhy', () => call(tokens.assessor, 'readAuditWhy', { parameters: { auditNumber } }));
  await often('readImport', () => call(administrator, 'readImport', { parameters: { importId } }));
  const trained = { parameters: { assessorId } };
  await often('readAssessorWhy', () => call(administrator, 'readAssessorWhy', trained));
  const { id: ruleSet, protocol } = ruleSetOn(today);
  await often('readRuleSet', () => call(tokens.assessor, 'readRuleSet', { parameters: { ruleSet } }));
  await often('readProtocol', () =>
    call(tokens.assessor, 'readProtocol', { parameters: { protocol: protocol.value } }),
  );
}
