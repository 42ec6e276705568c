import { accept, askForLink, readReview, register } from '@secor/cli/play-audit';
import { ApiError } from '@secor/contracts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { known, outline, type Party, physical, startSite } from '../support/cloud.ts';

const site = await startSite();
const { cloud, administrator, enrol, settled, lettersTo, read } = site;

async function registered(party: Party) {
  return register(party.api, party.employer.employerId, 'certification');
}

describe('two packages in quick succession', () => {
  /** Two links of one audit, with a package each: the older fails, the newer passes. */
  const twoLinks = async () => {
    const party = await enrol();
    const audit = await registered(party);
    const [older, newer] = [
      await askForLink(party.api, audit.auditNumber),
      await askForLink(party.api, audit.auditNumber),
    ];
    return {
      party,
      auditNumber: audit.auditNumber,
      putOlder: () => site.put(older, site.pack(audit, { result: 'failed overall' })),
      putNewer: () => site.put(newer, site.pack(audit)),
    };
  };

  /** The newer stands, whatever happened; gives the letters. */
  const newerStands = async (party: Party, auditNumber: string) => {
    const audit = await read(party, auditNumber);
    const stored = await site.stored(auditNumber);
    expect(audit).toMatchObject({ state: 'pending review', score: { result: 'passed' } });
    expect(stored.revisions.find(({ revision }) => revision === stored.revision)).toMatchObject({
      link: 2,
      layout: 'done',
    });
    expect(await readReview(administrator, auditNumber)).toMatchObject({ revision: stored.revision, layout: 'done' });
    const queued = (await administrator('listQueue', {})).entries.filter((entry) => entry.auditNumber === auditNumber);
    expect(queued).toHaveLength(1);
    expect(site.deadLetters()).toEqual({});
    return outline(await lettersTo(party), party);
  };

  test('the newer is there first: the older is superseded, without a letter', async () => {
    const { party, auditNumber, putOlder, putNewer } = await twoLinks();
    await putNewer();
    await settled();
    await putOlder();
    await settled();
    expect(await newerStands(party, auditNumber)).toEqual(['assessor: SECOR audit: package received, revision 1']);
    const superseded = (await read(party, auditNumber)).history.find(({ type }) => type === 'package superseded');
    expect(superseded?.data).toMatchObject({ link: 1, by: 1 });
  });

  test.each([['fifo'], ['lifo']] as const)('both wait in the queue, which gives them out %s', async (order) => {
    const { party, auditNumber, putOlder, putNewer } = await twoLinks();
    cloud.sqs.setOrder(physical('intake'), order);
    onTestFinished(() => cloud.sqs.setOrder(physical('intake'), 'fifo'));
    const held = {
      principal: physical('intake'),
      operation: 'ReceiveMessage',
      kind: 'delay',
      milliseconds: 200,
    } as const;
    onTestFinished(cloud.faults.inject({ ...held, times: 1 }));
    await putOlder();
    await putNewer();
    await settled();
    const letters = await newerStands(party, auditNumber);
    const superseded = (await read(party, auditNumber)).history.some(({ type }) => type === 'package superseded');
    expect(letters).toHaveLength(superseded ? 1 : 2);
  });

  test.each([
    ['older', 1, ['assessor: SECOR audit: package received, revision 1']],
    [
      'newer',
      2,
      ['assessor: SECOR audit: package received, revision 1', 'assessor: SECOR audit: package received, revision 2'],
    ],
  ] as const)('both are read at once, the %s one takes longer', async (_, link, letters) => {
    const { party, auditNumber, putOlder, putNewer } = await twoLinks();
    // Long enough for the other one to be through, on a machine with much to do.
    const slow = { service: 's3', principal: physical('intake'), kind: 'delay', milliseconds: 700 } as const;
    onTestFinished(cloud.faults.inject({ ...slow, resource: `packages/${auditNumber}/${link}.zip`, times: 1 }));
    await Promise.all([putOlder(), putNewer()]);
    await settled();
    expect(await newerStands(party, auditNumber)).toEqual(letters);
  });

  test('through one link: the order of S3 counts', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const link = await askForLink(party.api, audit.auditNumber);
    cloud.sqs.setOrder(physical('intake'), 'lifo');
    onTestFinished(() => cloud.sqs.setOrder(physical('intake'), 'fifo'));
    await site.put(link, site.pack(audit, { result: 'failed overall' }));
    await site.put(link, site.pack(audit));
    await settled();
    expect(await read(party, audit.auditNumber)).toMatchObject({ score: { result: 'passed' } });
    expect(await readReview(administrator, audit.auditNumber)).toMatchObject({ layout: 'done' });
  });
});

describe('an upload and a decision', () => {
  test('a package that comes after the audit was closed gets a letter, and changes nothing', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    await site.submit(party, auditNumber, site.pack(audit));
    const late = await askForLink(party.api, auditNumber);
    await settled();
    await site.decide(auditNumber);
    await settled();
    const before = await read(party, auditNumber);
    await site.put(late, site.pack(audit, { result: 'failed overall' }));
    await settled();
    const after = await read(party, auditNumber);
    expect(after).toMatchObject({ state: 'closed', outcome: 'passed', revision: 1, score: known(before.score) });
    expect(after.history.slice(before.history.length).map(({ type }) => type)).toEqual(['package late']);
    const letters = outline(await lettersTo(party), party);
    expect(letters.filter((letter) => letter.includes('too late'))).toEqual([
      'assessor: SECOR audit: your package arrived too late',
    ]);
    await expect(askForLink(party.api, auditNumber)).rejects.toMatchObject({ status: 409 });
    expect(site.deadLetters()).toEqual({});
  });

  test('an upload that arrives while the review is being opened: one of both is told', async () => {
    const rounds = 20;
    const ready = await Promise.all(
      Array.from({ length: rounds }, async () => {
        const party = await enrol();
        const audit = await registered(party);
        await site.submit(party, audit.auditNumber, site.pack(audit));
        return { party, audit, newer: await askForLink(party.api, audit.auditNumber) };
      }),
    );
    await settled();
    const outcomes: unknown[] = [];
    for (const [round, { audit, newer }] of ready.entries()) {
      const review = await readReview(administrator, audit.auditNumber);
      // From an upload that is slow to a decision that is.
      const delays = [
        { principal: physical('intake'), milliseconds: 400 - 40 * round },
        { principal: physical('review-api'), milliseconds: 40 * (round - 9) },
      ].filter(({ milliseconds }) => milliseconds > 0);
      for (const delay of delays)
        cloud.faults.inject({ ...delay, kind: 'delay', operation: 'TransactWriteItems', times: 1 });
      const taken = Promise.withResolvers<void>();
      const ignore = cloud.on('ended', ({ functionName }) => functionName === physical('intake') && taken.resolve());
      const [decided] = await Promise.all([
        accept(administrator, review).then(
          () => 'decided',
          (error: unknown) => (error instanceof ApiError ? error.status : error),
        ),
        site.put(newer, site.pack(audit, { result: 'failed overall' })),
        taken.promise,
      ]);
      ignore();
      cloud.faults.clear();
      outcomes.push(decided);
    }
    await settled();
    for (const [round, { party, audit }] of ready.entries()) {
      const { state, revision, outcome } = await read(party, audit.auditNumber);
      const letters = outline(await lettersTo(party), party);
      const late = letters.filter((letter) => letter.includes('too late')).length;
      expect({ round, state, revision, outcome, late }).toEqual(
        outcomes[round] === 'decided'
          ? { round, state: 'closed', revision: 1, outcome: 'passed', late: 1 }
          : { round, state: 'pending review', revision: 2, outcome: undefined, late: 0 },
      );
    }
    // The delays reach from one end to the other.
    expect(new Set(outcomes)).toEqual(new Set(['decided', 412]));
    expect(site.deadLetters()).toEqual({});
  });
});
