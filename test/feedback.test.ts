import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { letterOfTag, readLetter } from '@secor/store';
import { expect, onTestFinished, test } from 'vitest';
import { known, type Letter, type Party, physical, startSite } from './cloud.ts';

const site = await startSite();
const { cloud, store, enrol, settled, underReview } = site;

/** What is known of a letter that SES took. */
const recorded = async ({ tags }: Letter) => known(await readLetter(store, known(letterOfTag(tags.letter ?? ''))));

/** Gives the assessor and the employer's contact these addresses, as they are on their items. */
async function move({ assessor, employer }: Party, addresses: { assessor: string; contact: string }): Promise<void> {
  const items = [
    { pk: `ASSESSOR#${assessor.assessorId}`, sk: 'ASSESSOR', place: '#body.email', email: addresses.assessor },
    { pk: `EMPLOYER#${employer.employerId}`, sk: 'EMPLOYER', place: '#body.contact.email', email: addresses.contact },
  ];
  for (const { pk, sk, place, email } of items)
    await store.client.send(
      new UpdateCommand({
        ...{ TableName: store.table, Key: { pk, sk }, UpdateExpression: `SET ${place} = :email` },
        ...{ ExpressionAttributeNames: { '#body': 'body' }, ExpressionAttributeValues: { ':email': email } },
      }),
    );
}

test('it is recorded of each letter that it arrived, came back, or was complained of', async () => {
  const party = await enrol();
  const auditNumber = await underReview(party);
  for (const letter of await site.lettersTo(party))
    expect(await recorded(letter)).toMatchObject({ messageId: letter.messageId, deliveredAt: letter.at });

  const complaining = 'complaint+assessor@simulator.amazonses.com';
  const bouncing = 'bounce+contact@simulator.amazonses.com';
  await move(party, { assessor: complaining, contact: bouncing });
  await site.decide(auditNumber);
  await settled();
  const letters = await cloud.letters();
  const lettersTo = (address: string) => letters.filter(({ to }) => to.includes(address));
  expect(lettersTo(bouncing)).toHaveLength(1);
  for (const letter of lettersTo(bouncing)) {
    const { sentAt, bounced, deliveredAt } = await recorded(letter);
    expect({ bounced, deliveredAt }).toEqual({ bounced: { at: letter.at, kind: 'permanent' }, deliveredAt: undefined });
    expect(sentAt).toBeDefined();
  }
  expect(lettersTo(complaining)).toHaveLength(1);
  for (const letter of lettersTo(complaining))
    expect(await recorded(letter)).toMatchObject({ deliveredAt: letter.at, complainedAt: letter.at });
  expect(cloud.denials()).toEqual([]);
  expect(site.deadLetters()).toEqual({});
});

test('a letter of which the answer of SES is lost goes out once: what became of it settles that it was sent', async () => {
  const party = await enrol();
  onTestFinished(() => cloud.faults.clear());
  const lost = { principal: physical('mail'), operation: 'SendRawEmail', kind: 'error', when: 'after' } as const;
  cloud.faults.inject({ ...lost, times: 1 });
  await underReview(party);
  await settled();
  const [letter, ...others] = await site.lettersTo(party);
  expect(others).toEqual([]);
  const { sentAt, deliveredAt } = await recorded(known(letter));
  expect({ sentAt, deliveredAt }).toEqual({ sentAt: undefined, deliveredAt: known(letter).at });
  expect(site.deadLetters()).toEqual({});
});
