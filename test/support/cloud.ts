import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Assessor, Audit, Employer, Reviewer } from '@secor/certification';
import { addDays, businessDate } from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import { bootLocalCloud, currentAssembly, samplePeople } from '@secor/cli';
import { accept, askForLink, readReview, register, upload } from '@secor/cli/play-audit';
import type { AnswerOf, ApiClient, EventMessage, QueueName, Role } from '@secor/contracts';
import { type Invocation, type LocalCloud, readAssembly } from '@secor/local-cloud';
import { addAssessor, addEmployer, linkSignIn, openStore, readAssessor, readAudit, type Store } from '@secor/store';
import { afterAll } from 'vitest';
import { checkedClient } from './checked-api.ts';
import { type PackageFixture, packageFor } from './package.ts';

export type AuditKind = Audit['kind'];
export type Letter = Awaited<ReturnType<LocalCloud['letters']>>[number];
export type AuditDetail = AnswerOf<'readAudit'>;
export type Fault = Parameters<LocalCloud['faults']['inject']>[0];

/** An employer and an assessor that one test has for itself. */
export type Party = {
  readonly employer: Omit<Employer, 'version'>;
  readonly assessor: Pick<Assessor, 'assessorId' | 'name' | 'email' | 'actsFor'>;
  /** The API as the assessor reaches it. */
  readonly api: ApiClient;
};

/** A local cloud for the tests of one file. */
export type Site = Awaited<ReturnType<typeof openSite>>;

/** How long what happens behind the API may take until nothing is left to do, milliseconds. */
const quietMs = 30_000;
/** How long ago the assessors of tests were trained: their status holds, and no reminder of it is near. */
const trainedDaysAgo = 100;
/** Looks again so often whether only messages are left that nobody may see yet, milliseconds. */
const lookMs = 40;
/** The longest visibility timeout of the templates: layout's and the import's, six times five minutes. */
export const maxVisibilityMs = 30 * 60_000;

/** The physical name of a function or queue. */
export function physical(name: string): string {
  return `secor-dev-${name}`;
}

/** The names of all queues in the templates of the stage dev, of one stack where it is named, as `physical` takes them. */
export async function queuesOf(stack = ''): Promise<readonly string[]> {
  type Resource = { readonly Type: string; readonly Properties: { readonly QueueName: string } };
  return readAssembly(await currentAssembly())
    .stacks.filter(({ name }) => name.endsWith(stack))
    .flatMap(({ template }) => Object.values(template.Resources as unknown as Readonly<Record<string, Resource>>))
    .flatMap(({ Type, Properties }) => (Type === 'AWS::SQS::Queue' ? [Properties.QueueName] : []))
    .map((name) => name.slice(physical('').length));
}

function isForDeadLetters(queue: string): boolean {
  return queue.endsWith('-dead-letters');
}

/** Every queue of work. */
export const workQueues: readonly string[] = (await queuesOf()).filter((name) => !isForDeadLetters(name));
const deadLetterQueues = (await queuesOf()).filter(isForDeadLetters);

/**
 * Starts a fresh local cloud for the tests of this file; it is stopped, and its folder removed, after them.
 *
 * @returns with the directory in which it keeps its state
 */
export async function startSite(): Promise<Site & { readonly directory: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'secor-test-'));
  const directory = join(folder, 'cloud');
  const cloud = await bootLocalCloud(await currentAssembly(), directory, true);
  afterAll(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { ...(await openSite(cloud, folder)), directory };
}

/**
 * What tests need of a running local cloud with the sample people in it.
 * @param folder where files for uploads may be put
 */
export async function openSite(cloud: LocalCloud, folder: string) {
  const store: Store = openStore(output(cloud, 'TableName'));
  const client = async (email: string, ...groups: Role[]): Promise<ApiClient> =>
    checkedClient({ apiUrl: cloud.apiUrl, token: await cloud.token({ email, groups }) });
  const administrator = await client(samplePeople.administrator.email, 'administrator');
  const reviewers = await Promise.all(samplePeople.reviewers.map(({ email }) => client(email, 'reviewer')));

  // Names are new in each run of a cloud that goes on after a restart, too.
  const run = process.hrtime.bigint().toString(36);
  let parties = 0;
  let files = 0;

  const now = (): string => new Date(cloud.clock.now()).toISOString();

  const addOneEmployer = async (name: string): Promise<Employer> => {
    const contact = { name: `Contact ${name}`, email: `contact-${name}@employer.example.com` };
    const data = employerData({ legalName: `Employer ${name} Ltd.`, contact });
    const employer: Employer = { employerId: `employer-${name}`, version: 1, ...data };
    await addEmployer(store, employer, now());
    return employer;
  };

  /**
   * Adds an employer, and an assessor who acts for it and nobody else's.
   * @param more so many further employers for whom the same assessor acts
   */
  const enrol = async (
    more = 0,
  ): Promise<Party & { readonly token: string; readonly furtherEmployers: readonly Employer[] }> => {
    parties += 1;
    const name = `${run}-${parties}`;
    const employer = await addOneEmployer(name);
    const furtherEmployers = await Promise.all(
      Array.from({ length: more }, (_, index) => addOneEmployer(`${name}-${index + 2}`)),
    );
    const completedOn = addDays(businessDate(cloud.clock.now()), -trainedDaysAgo);
    const added = {
      assessorId: `assessor-${name}`,
      name: `Assessor ${name}`,
      email: `assessor-${name}@assessor.example.net`,
      actsFor: [employer, ...furtherEmployers].map(({ employerId }) => employerId),
      completions: [{ courseId: 'safety-program-development', completedOn }],
    };
    await addAssessor(store, added, now());
    const assessor = known(await readAssessor(store, added.assessorId));
    const token = await cloud.token({ email: assessor.email, groups: ['assessor'] });
    const { iss, sub } = claimsOf(token);
    await linkSignIn(store, iss, sub, { assessorId: assessor.assessorId });
    const api = checkedClient({ apiUrl: cloud.apiUrl, token });
    return { employer, furtherEmployers, assessor, token, api };
  };

  let leftBehind = Promise.withResolvers<void>();
  // A cloud that was killed may have left messages behind as well.
  leftBehind.resolve();
  // What mail puts off has not failed for its queue: it comes anew, after a delay.
  const isPutOff = () => cloud.sqs.pending(physical('mail')).delayed > 0;
  cloud.on('ended', (invocation) => (hasFailed(invocation) || isPutOff()) && leftBehind.resolve());

  /**
   * Waits until nothing is left to do. A message that failed comes again after its visibility timeout, and a delayed one after its
   * delay: the business clock is moved past it as soon as nothing else is under way.
   */
  const settled = async (): Promise<void> => {
    const end = performance.now() + quietMs;
    for (;;) {
      const quiet = cloud.quiet(Math.max(1, end - performance.now())).then(() => 'quiet' as const);
      quiet.catch(() => {});
      if ((await Promise.race([quiet, leftBehind.promise])) === 'quiet') return;
      leftBehind = Promise.withResolvers();
      if (await onlyInvisibleLeft(end)) cloud.clock.advanceBy(maxVisibilityMs);
    }
  };

  /** Whether messages are left that nobody may see yet, once nothing else is under way. */
  const onlyInvisibleLeft = async (end = performance.now() + quietMs): Promise<boolean> => {
    while (performance.now() < end) {
      const failure = await cloud.quiet(lookMs).then(
        () => '',
        (error: Error) => error.message,
      );
      if (failure === '') return false;
      if (onlyInvisible(failure)) return true;
    }
    return false;
  };

  /** Lets calls of a function go wrong until one of its invocations has failed or put its message off; the promise is of that moment. */
  const strikeUntilFailed = (functionName: string, fault: Fault): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const mend = cloud.faults.inject({ ...fault, principal: physical(functionName) });
    const ignore = cloud.on('ended', (invocation) => {
      if (invocation.functionName !== physical(functionName)) return;
      if (!hasFailed(invocation) && !(functionName === 'mail' && isPutOff())) return;
      mend();
      ignore();
      resolve();
    });
    return promise;
  };

  /** Uploads bytes through a link. */
  const put = async (link: Pick<AnswerOf<'issueLink'>, 'url' | 'fields'>, bytes: Uint8Array): Promise<void> => {
    files += 1;
    const file = join(folder, `package-${files}.zip`);
    await writeFile(file, bytes);
    await upload(file, link);
    await rm(file);
  };

  /** Asks for a link and uploads a package through it; answers the link's number. */
  const submit = async (party: Party, auditNumber: string, bytes: Uint8Array): Promise<number> => {
    const link = await askForLink(party.api, auditNumber);
    await put(link, bytes);
    return link.link;
  };

  const today = (): string => businessDate(cloud.clock.now());

  /** A package for an audit, whose data gathering ended three days ago unless told otherwise. */
  const pack = (
    { auditNumber, kind }: { readonly auditNumber: string; readonly kind: AuditKind },
    fixture: PackageFixture = {},
  ): Buffer => packageFor({ auditNumber, kind, endedOn: addDays(today(), -3), ...fixture });

  /** Reads the review as the administrator, and accepts the revision that it shows. */
  const decide = async (auditNumber: string): Promise<AnswerOf<'acceptAudit'>> =>
    accept(administrator, await readReview(administrator, auditNumber));

  /** Registers an audit and has its package taken in and laid out. */
  const underReview = async (party: Party, kind: AuditKind = 'certification', fixture: PackageFixture = {}) => {
    const audit = await register(party.api, party.employer.employerId, kind);
    await submit(party, audit.auditNumber, pack(audit, fixture));
    await settled();
    return audit.auditNumber;
  };

  /** The audit as its assessor reads it. */
  const read = (party: Party, auditNumber: string): Promise<AuditDetail> =>
    party.api('readAudit', { parameters: { auditNumber } });

  /** The letters to the assessor and the employer's contact, in the order in which they went out. */
  const lettersTo = async ({ employer, assessor }: Party): Promise<readonly Letter[]> =>
    (await cloud.letters()).filter(({ to }) => to.includes(assessor.email) || to.includes(employer.contact.email));

  /** How many messages lie in which dead-letter queue. */
  const deadLetters = (): Readonly<Record<string, number>> =>
    Object.fromEntries(
      deadLetterQueues.flatMap((name) => {
        const { visible, inFlight, delayed } = cloud.sqs.pending(physical(name));
        const count = visible + inFlight + delayed;
        return count === 0 ? [] : [[name, count]];
      }),
    );

  // bootLocalCloud has put place and keys where the SDK finds them.
  const sqs = new SQSClient({});
  const queueUrl = (name: string): string => `${cloud.gatewayUrl}/${cloud.accountId}/${physical(name)}`;

  /** Puts a message into a queue, as the operator. */
  const send = async (queue: string, body: string): Promise<void> => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(queue), MessageBody: body }));
  };

  /** Takes what lies in a dead-letter queue: the bodies, and the reasons where a function gave one. */
  const takeDeadLetters = async (queue: string) => {
    const taken: { readonly body: string; readonly reason: string | undefined }[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl(`${queue}-dead-letters`),
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return taken;
      for (const { Body = '', MessageAttributes, ReceiptHandle } of Messages) {
        taken.push({ body: Body, reason: MessageAttributes?.reason?.StringValue });
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl(`${queue}-dead-letters`), ReceiptHandle }));
      }
    }
  };

  /**
   * Puts an outbox item into the table that relay is not told of, as after a restore, or where its record was lost. Relay
   * hears of new items only: this one becomes an outbox item by a change.
   */
  const leaveBehind = async (message: EventMessage, queues: readonly QueueName[], at: string): Promise<void> => {
    const Key = { pk: `OUTBOX#${message.subject}#${message.number}`, sk: 'OUTBOX' };
    const gsi1sk = `${at}#${message.subject}#${message.number}`;
    const Item = { ...Key, kind: 'held', body: { message, queues }, gsi1pk: 'OUTBOX#0', gsi1sk };
    const { client: table, table: TableName } = store;
    await table.send(new PutCommand({ TableName, Item }));
    const set = { ExpressionAttributeNames: { '#kind': 'kind' }, ExpressionAttributeValues: { ':kind': 'outbox' } };
    await table.send(new UpdateCommand({ TableName, Key, UpdateExpression: 'SET #kind = :kind', ...set }));
  };

  /** Puts an item into the table as it is given. */
  const putItem = async (Item: Record<string, unknown>): Promise<void> => {
    await store.client.send(new PutCommand({ TableName: store.table, Item }));
  };

  /** Records of a reviewer whether they are there, and with which employers they have a conflict of interest. */
  const setReviewer = async (
    reviewerId: string,
    { present = true, conflicts = [] }: Partial<Pick<Reviewer, 'present' | 'conflicts'>>,
  ): Promise<void> => {
    await store.client.send(
      new UpdateCommand({
        TableName: store.table,
        Key: { pk: 'STAFF', sk: `REVIEWER#${reviewerId}` },
        UpdateExpression: 'SET #body.#present = :present, #body.#conflicts = :conflicts',
        ExpressionAttributeNames: { '#body': 'body', '#present': 'present', '#conflicts': 'conflicts' },
        ExpressionAttributeValues: { ':present': present, ':conflicts': conflicts },
      }),
    );
  };

  /** The audit as it stands in the table. */
  const stored = async (auditNumber: string): Promise<Audit> => known(await readAudit(store, auditNumber));

  return {
    cloud,
    store,
    administrator,
    reviewers,
    client,
    enrol,
    settled,
    onlyInvisibleLeft,
    strikeUntilFailed,
    put,
    submit,
    today,
    pack,
    decide,
    underReview,
    read,
    lettersTo,
    deadLetters,
    takeDeadLetters,
    send,
    leaveBehind,
    putItem,
    setReviewer,
    stored,
  };
}

/** Whether nothing is open but messages that nobody may see yet, by what the cloud says when it is not quiet. */
export function onlyInvisible(notQuiet: string): boolean {
  const open = notQuiet.replace(/^.*?: /, '').split('; ');
  return open.every((label) => /: 0 messages waiting, /.test(label));
}

/** Whether an invocation left something undone: it failed, reported messages as failed, or answered that the service did. */
export function hasFailed({ error, result }: Pick<Invocation, 'error' | 'result'>): boolean {
  const { batchItemFailures = [], statusCode = 200 } = (result ?? {}) as {
    readonly batchItemFailures?: readonly unknown[];
    readonly statusCode?: number;
  };
  return error !== undefined || batchItemFailures.length > 0 || statusCode >= 500;
}

/** An output of the stacks. */
export function output({ outputs }: LocalCloud, name: string): string {
  return known(Object.values(outputs).find((ofStack) => name in ofStack)?.[name]);
}

/** The value, which must be there. */
export function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('What the test asks for is not there.');
  return value;
}

/** Who a token says it is for. */
export function claimsOf(token: string): { readonly iss: string; readonly sub: string } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** Each letter as its recipient's role and its subject up to the audit number, sorted: what was sent, and how often. */
export function outline(letters: readonly Letter[], { assessor }: Party): string[] {
  return letters
    .map(({ to, subject }) => {
      const who = to.includes(assessor.email) ? 'assessor' : 'contact';
      return `${who}: ${subject.replace(/ \d{9}.*?(?=: |, (revision|\d+ problem)|$)/, '')}`;
    })
    .sort();
}
