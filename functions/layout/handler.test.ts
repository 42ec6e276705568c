import { PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import type { Revision, RevisionSummary } from '@secor/certification';
import { commit, type Records, revisionItem } from '@secor/store';
import { expect, it } from 'vitest';
import { addAudit, at, openDesk } from '../testing/desk.fixture.ts';
import { layout } from './handler.ts';

it('marks the packages of revisions that were refused here with each message, while they are there for sure', async () => {
  const { store } = await openDesk();
  const summary = (revision: number, of: RevisionSummary['layout'], arrivedAt = at): RevisionSummary => ({
    ...{ revision, link: 1, sequencer: `0${revision}`, arrivedAt, awarded: 80, available: 100 },
    ...{ result: 'passed', round: 0, layout: of },
  });
  const revisions = [summary(1, 'refused', '2026-10-01T18:00:00.000Z'), summary(2, 'done'), summary(3, 'refused')];
  await addAudit(store, '400000001', { revision: 2, revisions });
  const upload = (revision: number) => ({ key: 'packages/400000001/1.zip', versionId: `v${revision}` });
  const items = revisions.map(({ revision }) =>
    revisionItem({ auditNumber: '400000001', revision, upload: upload(revision) } as unknown as Revision),
  );
  await commit(store, { at, create: items });

  const tagged: unknown[] = [];
  const s3 = {
    send: async (command: { input: unknown }) => {
      if (command instanceof PutObjectTaggingCommand) tagged.push(command.input);
      return {};
    },
  } as unknown as Records['s3'];
  const handle = layout({ store, records: { s3, bucket: 'records' }, packagesBucket: 'packages' });
  const delivery = { message: { auditNumber: '400000001' }, deliveryId: 'd', sentAt: at, delivery: 1 };
  await handle(delivery as Parameters<typeof handle>[0]);
  const mark = {
    ...{ Bucket: 'packages', Key: 'packages/400000001/1.zip', VersionId: 'v3' },
    Tagging: { TagSet: [{ Key: 'refused', Value: 'true' }] },
  };
  expect(tagged).toEqual([mark]);
  await handle({ ...delivery, delivery: 2 } as Parameters<typeof handle>[0]);
  expect(tagged).toEqual([mark, mark]);
});
