import { randomBytes } from 'node:crypto';
import { GetObjectTaggingCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { addDays, limits } from '@secor/certification';
import { askForLink, openLink, readReview, register } from '@secor/cli/play-audit';
import { readRevision } from '@secor/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { documentOf, officeFile } from '../../packages/audit-package/package-fixture.ts';
import { hasFailed, known, outline, type Party, physical, startSite } from '../support/cloud.ts';
import type { PackageFixture } from '../support/package.ts';

const site = await startSite();
const { cloud, administrator, enrol, settled, lettersTo, read } = site;

async function registered(party: Party) {
  return register(party.api, party.employer.employerId, 'certification');
}

/** S3's notification of one object, its key encoded as S3 does. */
function notification({
  key,
  versionId,
  sequencer,
  size,
}: Record<'key' | 'versionId' | 'sequencer', string> & { size: number }): string {
  const bucket = { name: `secor-dev-${cloud.accountId}-packages` };
  const eventTime = new Date(cloud.clock.now()).toISOString();
  const s3 = { bucket, object: { key, size, versionId, sequencer } };
  return JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Post', eventTime, s3 }] });
}

describe('what arrives in the intake queue', () => {
  test.each([['intake'], ['review'], ['documents'], ['reports'], ['mail']] as const)(
    '%s twice: each effect once',
    async (queue) => {
      cloud.sqs.duplicate(physical(queue), 2);
      onTestFinished(() => cloud.sqs.duplicate(physical(queue), 1));
      const party = await enrol();
      const auditNumber = await site.underReview(party);
      await site.decide(auditNumber);
      await settled();
      const { state, revision, history } = await read(party, auditNumber);
      expect({ state, revision }).toEqual({ state: 'closed', revision: 1 });
      const once = history.map(({ type }) => type).toSorted();
      expect(once).toEqual([...new Set(once)]);
      expect(outline(await lettersTo(party), party)).toEqual([
        'assessor: Passed: SECOR certification audit',
        'assessor: SECOR audit: package received, revision 1',
        'contact: Passed: SECOR certification audit',
      ]);
      expect(site.deadLetters()).toEqual({});
    },
  );

  test("S3's test event is acknowledged without effect", async () => {
    await settled();
    cloud.meter.reset();
    await site.send('intake', JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'packages' }));
    await settled();
    const calls = cloud.meter.totals().filter(({ principal }) => principal === physical('intake'));
    expect(calls.map(({ service }) => service)).toEqual(calls.map(() => 'sqs'));
    expect(calls.map(({ operation }) => operation)).toContain('DeleteMessage');
    expect(site.deadLetters()).toEqual({});
  });

  test('keys are decoded: percent signs', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    const { upload } = known(await readRevision(site.store, auditNumber, 1));
    const again = { ...upload, key: encodeURIComponent(upload.key), sequencer: `${upload.sequencer}01` };
    await site.send('intake', notification(again));
    await settled();
    expect(await read(party, auditNumber)).toMatchObject({ revision: 2 });
    expect(site.deadLetters()).toEqual({});
  });

  test('an object that came through no upload link goes to the dead letters, with its reason', async () => {
    const s3 = new S3Client({ forcePathStyle: true });
    const keys = ['packages/a plan & more.zip', 'packages/100000001/1.zip'];
    for (const Key of keys)
      await s3.send(new PutObjectCommand({ Bucket: `secor-dev-${cloud.accountId}-packages`, Key, Body: 'bytes' }));
    await settled();
    const taken = await site.takeDeadLetters('intake');
    expect(taken.map(({ reason }) => reason).toSorted()).toEqual([
      expect.stringContaining('packages/a plan & more.zip'),
      'there is no audit 100000001',
    ]);
    expect(site.deadLetters()).toEqual({});
  });
});

test('documents whose pieces are small are laid out at the first try', async () => {
  const party = await enrol();
  const audit = await registered(party);
  const failures: unknown[] = [];
  onTestFinished(cloud.on('ended', (invocation) => hasFailed(invocation) && failures.push(invocation)));
  // Packed so that what the network brings at a time unpacks to pieces of many sizes.
  const documents = [200_000, 300_000, 400_001].map((size) => ({
    name: `evidence/noise-${size}.pdf`,
    data: Buffer.concat([documentOf('pdf', 2_000), randomBytes(size)]),
    stored: size === 200_000,
  }));
  await site.submit(party, audit.auditNumber, site.pack(audit, { documents }));
  await settled();
  expect(failures).toEqual([]);
  const review = await readReview(administrator, audit.auditNumber);
  for (const { name, data } of documents) {
    const { url } = known(review.documents.find(({ path }) => path === name));
    expect(data.equals((await openLink(url)).bytes)).toBe(true);
  }
});

test('a document is served as what its content is, whatever its name', async () => {
  const party = await enrol();
  const documents = [
    { name: 'evidence/form.html', data: officeFile('docx') },
    { name: 'evidence/setup.exe', data: documentOf('pdf', 2_000) },
    { name: 'evidence/picture.svg', data: documentOf('png', 2_000) },
  ];
  const auditNumber = await site.underReview(party, 'certification', { documents });
  const review = await readReview(administrator, auditNumber);
  const served = await Promise.all(
    review.documents.map(async ({ path, url }) => {
      const { headers } = await fetch(url);
      return [path, headers.get('content-type')?.split('/').at(-1), headers.get('content-disposition')] as const;
    }),
  );
  expect(Object.fromEntries(served.map(([path, ...rest]) => [path, rest]))).toMatchObject({
    'evidence/form.html': [expect.stringMatching(/document$/), "attachment; filename*=UTF-8''form.docx"],
    'evidence/setup.exe': ['pdf', "inline; filename*=UTF-8''setup.pdf"],
    'evidence/picture.svg': ['png', "inline; filename*=UTF-8''picture.png"],
  });
});

describe('what is laid out', () => {
  const Bucket = `secor-dev-${cloud.accountId}-records`;

  /** The keys of all versions and delete markers below the documents of an audit, without what they have in common. */
  const laidOut = async (auditNumber: string) => {
    const Prefix = `documents/${auditNumber}/`;
    const s3 = new S3Client({ forcePathStyle: true });
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix }));
    return [...Versions, ...DeleteMarkers].map(({ Key = '' }) => Key.slice(Prefix.length)).toSorted();
  };

  test('of a replaced or refused revision is removed, of the one that stands it stays', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const submitted = async (fixture?: PackageFixture) => {
      await site.submit(party, auditNumber, site.pack(audit, fixture));
      await settled();
    };
    await submitted();
    expect(await laidOut(auditNumber)).toEqual(['1/1', '1/2']);
    await submitted();
    expect(await laidOut(auditNumber)).toEqual(['2/1', '2/2']);
    const damaged = { data: documentOf('png', 40_000), packedData: documentOf('png', 40_000).fill(0, 39_999) };
    await submitted({ documents: [{ ...damaged, name: 'evidence/damaged.png', stored: true }] });
    expect(await laidOut(auditNumber)).toEqual(['2/1', '2/2']);
    const { revision, documents } = {
      ...(await site.stored(auditNumber)),
      ...(await readReview(administrator, auditNumber)),
    };
    expect(revision).toBe(2);
    for (const { url } of documents) expect((await openLink(url)).type).toBe('application/pdf');
  });

  test('is removed though the removal broke off: when the message comes again', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    // The first of the two goes, the second not.
    const resource = `documents/${auditNumber}/1/2`;
    const failed = site.strikeUntilFailed('layout', { operation: 'DeleteObject', resource, kind: 'error' });
    await site.submit(party, auditNumber, site.pack({ auditNumber, kind: 'certification' }));
    await failed;
    await settled();
    expect(await laidOut(auditNumber)).toEqual(['2/1', '2/2']);
    expect(site.deadLetters()).toEqual({});
  });

  test('has a limit for each audit and day, told by letter', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const counted = { pk: `LIMIT#${auditNumber}`, sk: `laidOutOfAudit#${site.today()}`, kind: 'counter' };
    await site.putItem({ ...counted, count: limits.laidOutOfAudit.max - 1_000 });
    await site.submit(party, auditNumber, site.pack(audit));
    await settled();
    const { state, refusal } = await read(party, auditNumber);
    expect(state).toBe('registered');
    expect(known(refusal).problems).toMatchObject([
      {
        place: 'Archive',
        message: expect.stringMatching(
          /^with it, the documents of this audit would come to more than 3 GiB today, .*: upload it again from midnight in Alberta, .*; the largest is "manual\.pdf"$/,
        ),
      },
    ]);
    expect(outline(await lettersTo(party), party)).toEqual(['assessor: SECOR audit: package refused, 1 problem']);
    expect(site.deadLetters()).toEqual({});
  });
});

describe('a crowd of uploads', () => {
  const junk = Buffer.from('This is no package.');

  /** The tags of every version below an audit's keys. */
  const tagsOf = async (auditNumber: string) => {
    const s3 = new S3Client({});
    const Bucket = `secor-dev-${cloud.accountId}-packages`;
    const { Versions = [] } = await s3.send(
      new ListObjectVersionsCommand({ Bucket, Prefix: `packages/${auditNumber}/` }),
    );
    const tagged = await Promise.all(
      Versions.map(({ Key, VersionId }) => s3.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }))),
    );
    return tagged.map(({ TagSet = [] }) => TagSet.map(({ Key, Value }) => `${Key}=${Value}`).join());
  };

  /** Packages that intake has in hand at the same time: as its mapping says. */
  const atOnce = 20;

  /** How often intake reads objects while something happens, and what follows from it. */
  const readsOf = async (happens: () => Promise<unknown>) => {
    await settled();
    cloud.meter.reset();
    await happens();
    await settled();
    return cloud.meter
      .totals()
      .filter(({ principal, operation }) => principal === physical('intake') && operation === 'GetObject')
      .reduce((sum, { calls }) => sum + calls, 0);
  };

  /**
   * How many packages of a crowd are read though another assessor's comes behind them: that one can wait for these only, in whatever
   * order they are taken. What is over a limit is put aside unread.
   */
  const readBefore = async (crowd: readonly Awaited<ReturnType<typeof askForLink>>[]) => {
    const [party, other] = [await enrol(), await enrol()];
    const [alone, behind] = [await registered(party), await registered(other)];
    const link = await askForLink(party.api, alone.auditNumber);
    const ofJunk = await readsOf(() => site.put(link, junk));
    const ofPackage = await readsOf(() => site.submit(party, alone.auditNumber, site.pack(alone)));
    const all = await readsOf(async () => {
      await Promise.all(crowd.map((each) => site.put(each, junk)));
      await site.submit(other, behind.auditNumber, site.pack(behind));
    });
    expect(await read(other, behind.auditNumber)).toMatchObject({ state: 'pending review', revision: 1 });
    return (all - ofPackage) / ofJunk;
  };

  test('of one assessor, through many links: who comes behind them waits for those within the limit and those in hand', async () => {
    const party = await enrol();
    const [within, links, uploads] = [5, [] as Awaited<ReturnType<typeof askForLink>>[], 60];
    const { auditNumber } = await registered(party);
    for (let link = 0; link < 12; link += 1) links.push(await askForLink(party.api, auditNumber));
    const counter = { pk: `LIMIT#${party.assessor.assessorId}`, sk: `uploadsOfPerson#${site.today()}` };
    await site.putItem({ ...counter, kind: 'counter', count: limits.uploadsOfPerson.max - within });
    const crowd = Array.from({ length: uploads }, (_, upload) => known(links[upload % links.length]));
    const count = await readBefore(crowd);
    expect(count).toBeGreaterThanOrEqual(within);
    expect(count).toBeLessThanOrEqual(within + atOnce);
  });

  test('through one link: a few are read, one letter tells of the others, and nobody else waits for them', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const link = await askForLink(party.api, audit.auditNumber);
    const count = await readBefore(Array.from({ length: 130 }, () => link));
    expect(count).toBeGreaterThanOrEqual(limits.uploadsOfLink.max);
    expect(count).toBeLessThanOrEqual(limits.uploadsOfLink.max + atOnce);

    const { history } = await read(party, audit.auditNumber);
    const told = history
      .map(({ type }) => type)
      .filter((type) => type.startsWith('package') || type.startsWith('uploads'));
    expect(told).toEqual([...Array(limits.uploadsOfLink.max).fill('package refused'), 'uploads over limit']);
    expect(history.at(-1)?.data).toMatchObject({
      link: 1,
      remedy: expect.stringContaining('The limit is 5 uploads through one link. Ask for a new link.'),
    });
    const subjects = (await lettersTo(party)).map(({ subject }) => subject);
    expect(subjects.length).toBeLessThanOrEqual(limits.uploadsOfLink.max + 1);
    expect(subjects.filter((subject) => subject.endsWith('too many uploads'))).toHaveLength(1);
    expect(new Set(await tagsOf(audit.auditNumber))).toEqual(new Set(['refused=true']));
    expect(site.deadLetters()).toEqual({});

    // A new link is not barred by what went through the old one.
    await site.submit(party, audit.auditNumber, site.pack(audit));
    await settled();
    expect(await read(party, audit.auditNumber)).toMatchObject({ state: 'pending review', revision: 1 });
    expect((await tagsOf(audit.auditNumber)).filter((tags) => tags === '')).toHaveLength(1);
  });

  test.each([
    ['uploadsOfAudit', 'Audit NUMBER has had 20 uploads today. The limit is 20 a day.'],
    ['uploadsOfPerson', 'The audits of this assessor have had 100 uploads today. The limit is 100 a day.'],
  ] as const)('%s: told once, and taken again on the next day', async (limit, words) => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const subject = limit === 'uploadsOfAudit' ? auditNumber : party.assessor.assessorId;
    const counter = { pk: `LIMIT#${subject}`, sk: `${limit}#${site.today()}` };
    await site.putItem({ ...counter, kind: 'counter', count: limits[limit].max });
    for (let upload = 0; upload < 2; upload += 1) await site.submit(party, auditNumber, site.pack(audit));
    await settled();
    const { history, state } = await read(party, auditNumber);
    expect(state).toBe('registered');
    const told = history.filter(({ type }) => type === 'uploads over limit');
    expect(told.map(({ data }) => data.remedy)).toEqual([
      expect.stringContaining(
        `${words.replace('NUMBER', auditNumber)} You can try again from midnight in Alberta, ${addDays(site.today(), 1)} 00:00.`,
      ),
    ]);
    expect(outline(await lettersTo(party), party)).toEqual([`assessor: SECOR audit: too many uploads`]);
    cloud.clock.advanceBy(24 * 60 * 60_000);
    await site.submit(party, auditNumber, site.pack(audit));
    await settled();
    expect(await read(party, auditNumber)).toMatchObject({ state: 'pending review', revision: 1 });
  });
});
