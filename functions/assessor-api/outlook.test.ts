import { addWait, enterQueue } from '@secor/certification';
import { commit, readAudit, type Store, waitingDayItem } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { addAudit, at, openDesk } from '../testing/desk.fixture.ts';
import { outlookOf } from './outlook.ts';

const auditNumber = '400000005';
let desk: Awaited<ReturnType<typeof openDesk>>;
let reads = 0;
let counting: Store;
beforeEach(async () => {
  desk = await openDesk();
  reads = 0;
  const { client, table } = desk.store;
  const send = (...sent: Parameters<typeof client.send>) => {
    reads += 1;
    return client.send(...sent);
  };
  counting = { client: Object.assign(Object.create(client), { send }), table };
});

async function queued(number: string) {
  const audit = enterQueue(await addAudit(desk.store, number), { arrivedOn: '2026-11-23' }, 'r1', at);
  await commit(desk.store, { at, audit });
  return audit.audit;
}

const after = (seconds: number) => new Date(Date.parse(at) + seconds * 1000).toISOString();

describe('the outlook', () => {
  it('counts what is ahead and tells the typical wait of the last 90 days', async () => {
    const own = await queued(auditNumber);
    await queued('400000001');
    await queued('400000009');
    const day = (date: string, hours: number) => waitingDayItem(addWait(undefined, { revision: 1, day: date, hours }));
    await commit(desk.store, { at, replace: [day('2026-11-20', 5), day('2026-08-26', 7), day('2026-08-25', 900)] });
    expect(await outlookOf(counting)(own, at)).toEqual({
      state: 'pending review',
      nextStep: {
        code: 'review-opened',
        values: {},
        text: 'A reviewer opens the review; until then you can replace the package.',
      },
      ahead: 1,
      typicalWait: { medianHours: 5, ninetyPercentHours: 7, days: 90 },
    });
  });

  it('is at most a minute old, and read once in a minute', async () => {
    const own = await queued(auditNumber);
    const outlook = outlookOf(counting);
    expect((await outlook(own, at)).ahead).toBe(0);
    await queued('400000001');
    const readOnce = reads;
    expect((await outlook(own, after(59.999))).ahead).toBe(0);
    expect(reads).toBe(readOnce);
    expect((await outlook(own, after(60))).ahead).toBe(1);
  });

  it('reads nothing for an audit that is over, and no queue for one that does not wait', async () => {
    const audit = await readAudit(desk.store, (await queued(auditNumber)).auditNumber);
    if (audit === undefined) throw new Error('There is no audit.');
    const outlook = outlookOf(counting);
    expect(await outlook({ ...audit, state: 'withdrawn' }, at)).toMatchObject({ state: 'withdrawn' });
    expect(reads).toBe(0);
    expect((await outlook({ ...audit, state: 'in review' }, at)).ahead).toBeUndefined();
    expect(reads).toBe(1);
  });
});
