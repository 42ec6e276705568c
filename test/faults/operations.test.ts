import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { accept, readReview, until } from '@secor/cli/play-audit';
import { ApiError } from '@secor/contracts';
import { readStoredDraft } from '@secor/store';
import { describe, expect, test } from 'vitest';
import { known, outline, output, type Party, physical, startSite } from '../support/cloud.ts';
import { beginInParts, putMissing } from '../support/parts.ts';

const site = await startSite();
const { cloud, administrator, enrol, settled, lettersTo, read } = site;

const functions = [
  'assessor-api',
  'intake',
  'relay',
  'assign',
  'layout',
  'review-api',
  'report',
  'mail',
  'waiting',
] as const;

/** Once: the SDK tries again. Until the SDK has given up and the invocation has failed: the message comes again. */
const kinds = [
  { name: 'errors before the effect until it is given up', once: false, fault: { kind: 'error', when: 'before' } },
  { name: 'answers that are lost until it is given up', once: false, fault: { kind: 'error', when: 'after' } },
  { name: 'transaction conflicts until it is given up', once: false, fault: { kind: 'transaction-conflict' } },
  { name: 'an answer that is lost once', once: true, fault: { kind: 'error', when: 'after' } },
  { name: 'a call that is throttled once', once: true, fault: { kind: 'throttle' } },
  { name: 'a transaction conflict', once: true, fault: { kind: 'transaction-conflict' } },
] as const;

/** Tries again what failed on the service's side, as people do. */
async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (let left = 10; ; left -= 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status < 500 || left === 0) throw error;
    }
  }
}

/** Registers; when the answer was lost, the audit is in the assessor's list. */
async function registerSurely({ api, employer }: Party): Promise<string> {
  const body = { employerId: employer.employerId, kind: 'certification' } as const;
  try {
    return (await persistently(() => api('registerAudit', { body }))).auditNumber;
  } catch (error) {
    if (!(error instanceof ApiError && error.problem.type === 'urn:secor:audit-open')) throw error;
    const { audits } = await persistently(() => api('listAudits', {}));
    return known(audits[0]).auditNumber;
  }
}

/** Decides; when the answer was lost, the audit is closed. */
async function decideSurely(auditNumber: string): Promise<void> {
  const review = await persistently(() => readReview(administrator, auditNumber));
  try {
    await persistently(() => accept(administrator, review));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 412)) throw error;
    const { state } = await persistently(() => readReview(administrator, auditNumber));
    if (state !== 'closed') throw error;
  }
}

/** Saves a draft; when the answer was lost, it is there. */
async function saveSurely({ api }: Party, auditNumber: string): Promise<void> {
  const parameters = { auditNumber };
  const body = { recordsMonths: 12 };
  try {
    await persistently(() => api('saveDraft', { parameters, body, ifMatch: 0 }));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 412)) throw error;
  }
  expect(await persistently(() => api('readDraft', { parameters }))).toMatchObject({ version: 1, draft: body });
}

/** Uploads a package in parts; what was begun and whose answer was lost is left behind, and so is one that is aborted. */
async function uploadSurely({ api }: Party, auditNumber: string): Promise<void> {
  const bytes = site.pack({ auditNumber, kind: 'certification' });
  const left = await persistently(() => beginInParts(api, auditNumber, bytes));
  await persistently(() => api('abortUpload', { parameters: { auditNumber, link: String(left) } }));
  const link = await persistently(() => beginInParts(api, auditNumber, bytes));
  await persistently(() => putMissing(api, auditNumber, link, bytes));
  const parameters = { auditNumber, link: String(link) };
  expect(await persistently(() => api('completeUpload', { parameters }))).toEqual({ link, state: 'complete' });
  expect(await persistently(() => api('readUpload', { parameters }))).toMatchObject({ state: 'complete' });
}

/** One audit from registration to its letters. */
async function play(): Promise<{ readonly party: Party; readonly auditNumber: string }> {
  const party = await enrol();
  const auditNumber = await registerSurely(party);
  await saveSurely(party, auditNumber);
  await uploadSurely(party, auditNumber);
  await settled();
  await decideSurely(auditNumber);
  await settled();
  await persistently(() => party.api('readReport', { parameters: { auditNumber } }));
  await persistently(() => party.api('readRevision', { parameters: { auditNumber, revision: 'latest' } }));
  return { party, auditNumber };
}

/** The operations of each function in one clean run, apart from the pollers' own. */
async function operationsOfCleanRun(): Promise<ReadonlyMap<string, readonly string[]>> {
  await play();
  cloud.meter.reset();
  await play();
  const pollers = new Set([
    'ReceiveMessage',
    'DeleteMessage',
    'GetQueueAttributes',
    'GetRecords',
    'GetShardIterator',
    'DescribeStream',
  ]);
  // Sent by the assessor with a presigned link, not by the function: the journey of uploads in parts cuts their connections.
  const presigned = new Set(['UploadPart']);
  const totals = cloud.meter.totals();
  return new Map(
    functions.map((name) => [
      name,
      totals
        .filter(
          ({ principal, operation }) =>
            principal === physical(name) && !pollers.has(operation) && !presigned.has(operation),
        )
        .map(({ service, operation }) => `${service} ${operation}`)
        .toSorted(),
    ]),
  );
}

const operations = await operationsOfCleanRun();
const rounds = Math.max(...[...operations.values()].map((list) => list.length));

/** One fault in each function, the next operation of each in each round: they are apart, and so are what they show. */
const cases = kinds
  .flatMap(({ name, fault, once }) =>
    Array.from({ length: rounds }, (_, round) => ({
      name,
      fault,
      once,
      struck: functions.flatMap((functionName) => {
        const operation = operations.get(functionName)?.[round];
        if (operation === undefined) return [];
        const [service = '', called = ''] = operation.split(' ');
        if (fault.kind === 'transaction-conflict' && !/^(TransactWriteItems|PutItem|DeleteItem)$/.test(called))
          return [];
        // S3 then has no such upload any more, which tells the function that it is done: it never gives up.
        const endsUpload = called === 'CompleteMultipartUpload' || called === 'AbortMultipartUpload';
        if (endsUpload && !once && fault.kind === 'error' && fault.when === 'after') return [];
        return [{ functionName, service, operation: called }];
      }),
    })),
  )
  .filter(({ struck }) => struck.length > 0);

describe('the audit ends the same, once', () => {
  test.for(
    cases.map(
      (each) => [each.name, each.struck.map((at) => `${at.functionName} ${at.operation}`).join(', '), each] as const,
    ),
  )('%s: %s', async ([, , { fault, once, struck }]) => {
    await settled();
    cloud.meter.reset();
    const given = struck.map(({ functionName, service, operation }) => {
      const at = { ...fault, service, operation };
      if (!once) return site.strikeUntilFailed(functionName, at);
      cloud.faults.inject({ ...at, principal: physical(functionName), times: 1 });
      return undefined;
    });
    const { party, auditNumber } = await play();
    await Promise.all(given);
    const totals = cloud.meter.totals();
    for (const { functionName, operation } of struck) {
      const total = totals.find((each) => each.principal === physical(functionName) && each.operation === operation);
      expect(total?.errors, `${functionName} ${operation} was struck`).toBeGreaterThan(0);
    }
    cloud.faults.clear();

    const { state, outcome, revision, report, history } = await read(party, auditNumber);
    expect({ state, outcome, revision, report }).toEqual({
      state: 'closed',
      outcome: 'passed',
      revision: 1,
      report: 'ready',
    });
    const happened = history.map(({ type }) => type).filter((type) => type !== 'upload link issued');
    expect(happened.toSorted()).toEqual([
      'audit closed',
      'audit registered',
      'documents laid out',
      'package accepted',
      'report made',
      'review opened',
    ]);
    const letters = outline(await lettersTo(party), party);
    // SES says nothing of a letter that it took and whose answer was lost: it goes out again.
    const lost = fault.kind === 'error' && fault.when === 'after' && struck.some(({ service }) => service === 'ses');
    expect(lost ? [...new Set(letters)] : letters).toEqual([
      'assessor: Passed: SECOR certification audit',
      'assessor: SECOR audit: package received, revision 1',
      'contact: Passed: SECOR certification audit',
    ]);
    expect(site.deadLetters()).toEqual({});
    expect((await readStoredDraft(site.store, auditNumber))?.content).toBeUndefined();
    const drafts = { Bucket: output(cloud, 'RecordsBucket'), Prefix: `drafts/${auditNumber}/` };
    expect((await new S3Client({}).send(new ListObjectVersionsCommand(drafts))).Versions ?? []).toEqual([]);
  });
});

test('a clean run uses each function', () => {
  for (const name of functions) expect(operations.get(name)?.length, name).toBeGreaterThan(0);
});

test('two copies of a message that have failed before: the second leaves the letter to the first, which is sending it', async () => {
  await settled();
  const party = await enrol();
  const auditNumber = await registerSurely(party);
  // The queue's own delivery fails before it has claimed the letter, and comes back later.
  const failed = site.strikeUntilFailed('mail', { operation: 'GetItem', kind: 'error' });
  await site.submit(party, auditNumber, site.pack({ auditNumber, kind: 'certification' }));
  await failed;
  const { history } = await read(party, auditNumber);
  const { number, type } = known(history.find((event) => event.type === 'package accepted'));
  const copy = (messageId: string) => ({
    Records: [
      {
        messageId,
        receiptHandle: messageId,
        body: JSON.stringify({ subject: `audit#${auditNumber}`, number, type }),
        attributes: { SentTimestamp: String(cloud.clock.now()), ApproximateReceiveCount: '2' },
      },
    ],
  });
  const mail = known(cloud.functions[physical('mail')]);
  cloud.meter.reset();
  cloud.faults.inject({ operation: 'SendRawEmail', kind: 'delay', milliseconds: 700, times: 1 });
  const first = mail.invoke(copy('first'));
  await until(
    'the claim of the letter',
    async () =>
      cloud.meter.calls().some(({ operation, principal }) => operation === 'PutItem' && principal === physical('mail')),
    (claimed) => claimed,
    { limitMs: 10_000, pause: () => new Promise((resolve) => setTimeout(resolve, 5)) },
  );
  await Promise.all([first, mail.invoke(copy('second'))]);
  await settled();
  expect(outline(await lettersTo(party), party)).toEqual(['assessor: SECOR audit: package received, revision 1']);
});
