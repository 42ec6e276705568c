import { samplePeople } from '@secor/cli';
import { askForLink } from '@secor/cli/play-audit';
import type { AnswerOf, ApiClient, EndpointName, InputFor } from '@secor/contracts';
import { readReviewer } from '@secor/store';
import { known, type Letter, type Party, type Site } from './cloud.ts';
import type { PackageFixture } from './package.ts';

/** The endpoints that change an audit which the caller has seen. */
export type StepName = {
  [N in EndpointName]: InputFor<N> extends { readonly ifMatch: number } ? N : never;
}[EndpointName];
/** What a step takes: its body, and what its path names besides the audit. */
type Given<N extends EndpointName> =
  InputFor<N> extends { readonly body: infer B }
    ? [body: B, further?: Readonly<Record<string, string>>]
    : [body?: undefined, further?: Readonly<Record<string, string>>];

/** Takes a step on an audit as somebody who saw this version of it. */
export function stepOn<N extends StepName>(
  api: ApiClient,
  name: N,
  { auditNumber, version }: { readonly auditNumber: string; readonly version: number },
  ...[body, further = {}]: Given<N>
): Promise<AnswerOf<N>> {
  const input = { parameters: { auditNumber, ...further }, ifMatch: version, ...(body === undefined ? {} : { body }) };
  return api(name, input as unknown as InputFor<N>);
}

/** The review desk as the tests work at it. */
export function deskOf(site: Site) {
  const { cloud, store, reviewers, stored } = site;

  /** Takes a step on the audit as it is now. */
  const step = async <N extends StepName>(api: ApiClient, name: N, auditNumber: string, ...given: Given<N>) =>
    stepOn(api, name, await stored(auditNumber), ...given);

  /** The reviewer who has the audit, and one who has not. */
  const reviewerOf = async (auditNumber: string) => {
    const { reviewerId } = await stored(auditNumber);
    const index = samplePeople.reviewers.findIndex((each) => each.reviewerId === reviewerId);
    return {
      reviewer: known(reviewers[index]),
      person: known(samplePeople.reviewers[index]),
      other: known(reviewers[(index + 1) % reviewers.length]),
    };
  };

  const openReviewsOf = async (reviewerId: string): Promise<number> =>
    known(await readReviewer(store, reviewerId)).openReviews;

  /** Uploads a package by a new link and waits until all that follows is done. */
  const submit = async (party: Party, auditNumber: string, fixture: PackageFixture = {}): Promise<void> => {
    const link = await askForLink(party.api, auditNumber);
    await site.put(link, site.pack(await stored(auditNumber), fixture));
    await site.settled();
  };

  /** Answers every note that the assessor was sent and has not answered. */
  const answerAll = async (party: Party, auditNumber: string, text = 'Done.'): Promise<void> => {
    const { notes } = await site.read(party, auditNumber);
    const answers = notes.filter(({ answer }) => answer === undefined).map(({ note }) => ({ note, text }));
    await step(party.api, 'answerNotes', auditNumber, { answers });
  };

  /** Has the reviewer open the audit, where it is not open, and ask for a revision. */
  const askForRevision = async (reviewer: ApiClient, auditNumber: string): Promise<void> => {
    const { state, revision } = await stored(auditNumber);
    if (state === 'pending review') await step(reviewer, 'openReview', auditNumber, { revision });
    await step(reviewer, 'addNote', auditNumber, { kind: 'actionable', text: 'Add the records of October.' });
    await step(reviewer, 'requestRevision', auditNumber);
  };

  /** Takes all points of an element's questions away, so that the audit fails. */
  const failElement = async (reviewer: ApiClient, auditNumber: string): Promise<void> => {
    const review = await reviewer('readReview', { parameters: { auditNumber } });
    const element = known(known(review.score).elements[0]).element;
    for (const { question, awarded, notApplicable } of review.answers)
      if (question.startsWith(`${element}.`) && awarded > 0 && notApplicable === undefined)
        await step(reviewer, 'changePoints', auditNumber, { question, awarded: 0, reason: 'Not what was observed.' });
  };

  /** Tells what letters about an audit went out since it was last asked: 'role: subject', sorted, and the letters. */
  const mailbox = (party: Party, auditNumber: string) => {
    let seen = 0;
    return async (): Promise<{ readonly outline: readonly string[]; readonly letters: readonly Letter[] }> => {
      const about = (await cloud.letters()).filter(({ subject }) => subject.includes(auditNumber));
      const letters = about.slice(seen);
      seen = about.length;
      const { reviewerId } = await stored(auditNumber);
      return { letters, outline: letters.map((letter) => outlined(letter, party, reviewerId)).sort() };
    };
  };

  return { step, reviewerOf, openReviewsOf, submit, answerAll, askForRevision, failElement, mailbox };
}

function outlined({ to, subject }: Letter, party: Party, reviewerId: string | undefined): string {
  const roles = [
    [party.assessor.email, 'assessor'],
    [party.employer.contact.email, 'contact'],
    [samplePeople.administrator.email, 'administrator'],
    ...samplePeople.reviewers.map((each) => [
      each.email,
      each.reviewerId === reviewerId ? 'reviewer' : 'another reviewer',
    ]),
  ];
  const who = to.map((address) => roles.find(([email]) => email === address)?.[1] ?? address).join(' and ');
  return `${who}: ${subject.replace(/ \d{9}.*?(?=: |, (revision|\d+ problem)|$)/, '')}`;
}
