import { protocolById } from '@secor/certification';
import { commit } from '@secor/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { caller } from '../testing/desk.fixture.ts';
import { openJourney } from '../testing/journey.fixture.ts';
import { common } from '../testing/program.fixture.ts';
import { readDocumentLinkCall, readReviewCall } from './reading.ts';
import { addNoteCall } from './review.ts';

let journey: Awaited<ReturnType<typeof openJourney>>;
beforeEach(async () => {
  journey = await openJourney();
});
afterEach(() => journey.close());

const dependencies = () => ({ store: journey.store, records: journey.buckets.records });
const administrator = caller('x1', 'administrator');
const { at } = common;

function read() {
  const { auditNumber } = journey;
  return readReviewCall(dependencies())({ ...common, caller: administrator, parameters: { auditNumber } });
}

function linkTo(document: number, revision = 1, by = administrator) {
  const { auditNumber } = journey;
  return readDocumentLinkCall(dependencies())({
    ...{ ...common, caller: by, parameters: { auditNumber, document } },
    query: { revision },
  });
}

/** A package is accepted, and its documents are laid out. */
async function arrived(): Promise<void> {
  await journey.takeIn(await journey.upload(await journey.link()));
  await journey.layOut();
}

describe('the answers of a review', () => {
  it('carry what was asked, and the notes of both sides', async () => {
    await arrived();
    const review = await journey.review();
    await review.addNote('informational', 'About the whole audit.');
    const { reviewerId = '', version } = await journey.audit();
    await addNoteCall(dependencies())({
      ...{ ...common, caller: caller(reviewerId, 'reviewer'), parameters: { auditNumber: journey.auditNumber } },
      ...{ ifMatch: version, body: { kind: 'actionable', question: '1.2', text: 'Show the record.' } },
    });
    const { answers, notes } = await read();
    const { protocol } = await journey.audit();
    const questions = protocolById(protocol)?.elements.flatMap((element) => element.questions) ?? [];
    expect(answers.map(({ asked: { question, ...asked } }) => ({ id: question, ...asked }))).toEqual(questions);
    expect(answers.map(({ question }) => question)).toEqual(questions.map(({ id }) => id));
    expect(answers[0]).toMatchObject({ notes: expect.any(String), reviewNotes: [] });
    expect(answers[1]?.reviewNotes).toEqual([notes[1]]);
    expect(answers[1]?.reviewNotes).toMatchObject([{ note: 2, kind: 'actionable', text: 'Show the record.' }]);
  });
});

describe('the documents of a review', () => {
  it('have their number, their size and how long the link is valid; each link can be had anew', async () => {
    await arrived();
    const { documents } = await read();
    expect(documents).toMatchObject([
      { document: 1, path: 'evidence/a.pdf', type: 'application/pdf', bytes: expect.any(Number) },
      { document: 2, path: 'manual.pdf', type: 'application/pdf', bytes: expect.any(Number) },
    ]);
    const expiresAt = new Date(Date.parse(at) + 600_000).toISOString();
    for (const { url: _, ...document } of documents) {
      const { url, ...anew } = await linkTo(document.document);
      expect(anew).toEqual({ ...document, expiresAt });
      expect(new URL(url).pathname).toContain(`documents/${journey.auditNumber}/1/${document.document}`);
    }
  });

  it('of a number that there is not are 404', async () => {
    await arrived();
    await expect(linkTo(3)).rejects.toMatchObject({
      details: { status: 404, detail: expect.stringContaining('it has 2') },
    });
  });

  it('of another revision than the one up for review are 412, and 409 before they are laid out', async () => {
    await journey.takeIn(await journey.upload(await journey.link()));
    await expect(linkTo(1)).rejects.toMatchObject({
      details: { status: 409, type: 'urn:secor:documents-not-laid-out' },
    });
    await journey.layOut();
    await expect(linkTo(1, 2)).rejects.toMatchObject({ details: { status: 412, type: 'urn:secor:newer-revision' } });
  });

  it('are for whoever may read the review, and 404 for others', async () => {
    await arrived();
    await journey.review();
    const { reviewerId } = await journey.audit();
    const [own = '', other = ''] = ['r1', 'r2'].toSorted((id) => (id === reviewerId ? -1 : 1));
    expect(await linkTo(1, 1, caller(own, 'reviewer'))).toMatchObject({ document: 1 });
    await expect(linkTo(1, 1, caller(other, 'reviewer'))).rejects.toMatchObject({ details: { status: 404 } });
  });
});

describe('what was wrong with the last upload', () => {
  it('is shown to staff with every problem, until a later upload is accepted', async () => {
    expect(await read()).not.toHaveProperty('refusal');
    const wrong = { audit: (audit: object) => ({ ...audit, auditNumber: '999999999' }) };
    await journey.takeIn(await journey.upload(await journey.link(), wrong));
    const { refusal } = await read();
    expect(refusal).toMatchObject({ link: 1, problems: [{ place: 'audit.json, auditNumber' }] });
    await arrived();
    expect(await read()).not.toHaveProperty('refusal');
  });

  it('is recorded with the administrator who entered it for a binder', async () => {
    const audit = await journey.audit();
    const linked = { ...audit, links: 1, linksOfStaff: { 1: 'x1' }, version: audit.version + 1 };
    await commit(journey.store, { at, audit: { audit: linked, events: [] } });
    await journey.takeIn(await journey.upload(1, 'not an archive'));
    const { history } = await read();
    expect(history.at(-1)).toMatchObject({ type: 'package refused', data: { link: 1, enteredBy: 'x1' } });
  });
});
