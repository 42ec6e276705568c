import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { secor } from './running.fixture.ts';

const audit = ['--audit', '412345678'];

it.each([
  ['a step that is none', ['review', 'approve', ...audit], 'there is no step "approve": there are take, release, open'],
  ['what a step needs', ['review', 'points', ...audit, '--points', '3'], 'points needs --question and --reason.'],
  [
    'what goes with another step',
    ['review', 'accept', ...audit, '--revision', '1', '--months', '12'],
    '--months does not go with accept.',
  ],
  ['what goes with a step only', ['review', ...audit, '--reason', 'x'], '--reason goes with a step: take, release'],
  ['a wrong number', ['review', ...audit, '--version', 'new'], '--version "new" is not a whole number of at least 1.'],
  ['an answer without a text', ['answer', ...audit, '--note', '3'], '--note "3" is not an answer'],
  ['an answer without a number', ['answer', ...audit, '--note', 'done'], '--note "done" is not an answer'],
  ['one audit and a list', ['status', ...audit, '--closed'], '--closed lists audits and does not go with --audit.'],
  ['a wrong kind', ['register', '--employer', 'a', '--kind', 'big'], `--kind can't be "big"`],
  ['a wrong day', ['queue', '--before', 'May'], '--before "May" is not a date'],
])('refuses %s, before anybody is asked', async (_what, typed, error) => {
  const run = await secor(typed);
  expect(run.code).toBe(2);
  expect(run.err).toContain(error);
});

/** Runs `secor` against an API that answers every call with this; gives what it printed and what it called, with the bodies. */
async function against(answer: object, ...typed: readonly string[]) {
  const calls: string[] = [];
  const api = createServer(async (request, response) => {
    calls.push(`${request.method} ${request.url} ${(await Array.fromAsync(request)).join('')}`.trimEnd());
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void api.close());
  const { port } = api.address() as AddressInfo;
  const run = await secor([...typed, ...audit, '--api', `http://127.0.0.1:${port}`, '--token', 't']);
  expect(run).toMatchObject({ code: 0, err: '' });
  return { out: run.out, calls };
}

const about = { auditNumber: '412345678', kind: 'certification', employerId: 'e1', version: 7 };
const informational = { kind: 'informational', text: 'Keep the originals.' };

describe('a reviewer', () => {
  const review = { ...about, state: 'pending review', revision: 2, round: 1, layout: 'done', notes: [], documents: [] };
  const correction = { question: '1.2', before: 10, awarded: 4, revision: 1, at: '', reason: 'Not observed.' };
  const months = { before: 60, recordsMonths: 8, revision: 1, at: '', reason: 'No older records.' };

  it('sees before a decision what they corrected in an earlier revision, whether it counts or has lapsed', async () => {
    const lapsed = { ...review, changedPoints: [], lapsedPoints: [correction], lapsedMonths: months };
    const { out } = await against(lapsed, 'review');
    expect(out).toContain(
      'changed by the assessor since, so that it counts no more:\n  question 1.2: points 10 to 4, in',
    );
    expect(out).toContain('  months of records: 60 to 8, in revision 1: No older records.\n');
    expect(out).not.toContain('Corrected in the review');
    const kept = { ...review, changedPoints: [correction], lapsedPoints: [], correctedMonths: months };
    expect((await against(kept, 'review')).out).toContain('Corrected in the review:\n  question 1.2: points 10 to 4');
  });

  it('changes and deletes a note that was not sent', async () => {
    const [kind, text] = ['--kind', '--text'];
    const given = ['--note', '3', kind, 'informational', text, 'Keep the originals.'];
    const changed = await against(review, 'review', 'change-note', ...given);
    expect(changed.calls.at(-1)).toBe(`PUT /v1/reviews/412345678/notes/3 ${JSON.stringify(informational)}`);
    const deleted = await against(review, 'review', 'delete-note', '--note', '3');
    expect(deleted.calls.at(-1)).toBe('POST /v1/reviews/412345678/notes/3/delete');
  });
});

it('an assessor is asked to answer the notes of a revision, and not those that went out with the end of the audit', async () => {
  const notes = [
    { note: 1, round: 1, ...informational },
    { note: 2, decision: 1, ...informational },
    { note: 3, end: 'rejected', ...informational },
  ];
  const read = { ...about, state: 'awaiting revision', queue: { nextStep: { text: 'Answer.' } }, notes };
  const status = (await against(read, 'status')).out;
  expect(status).toContain('Notes to answer (secor answer --audit 412345678):\n  1 (informational): Keep');
  expect(status).toContain('Notes from the review, which need no answer:\n  2 (informational): Keep');
  expect((await against(read, 'answer')).out).toBe('Notes to answer:\n  1 (informational): Keep the originals.\n');
});
