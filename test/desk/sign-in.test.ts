import { samplePeople } from '@secor/cli';
import { describe, expect, test } from 'vitest';
import { createApp, createBrowser } from '../../packages/local-cloud/identity/browser.fixture.ts';
import { rawCall } from '../support/checked-api.ts';
import { known, output, startSite } from '../support/cloud.ts';

const site = await startSite();
const { cloud } = site;
const callback = 'http://localhost:5173/callback';
const [reviewer] = samplePeople.reviewers;

/** Signs a person in as the portal does: code and PKCE. */
async function signIn(email: string, password = 'local') {
  const app = createApp(cloud.issuer, output(cloud, 'UserPoolClientId'), callback);
  const browser = createBrowser(new URL(cloud.issuer).origin);
  const page = await browser.open(app.signInAddress());
  expect(page.status).toBe(200);
  const arrival = await browser.submit(page, { email, password });
  return { app, arrival };
}

const queue = (token: string | undefined) => rawCall(cloud.apiUrl, '/v1/queue', { token, operationId: 'listQueue' });

describe('who signs in by the pages of the issuer', () => {
  test('comes back with a code, gets tokens for it, and calls the API with the access token', async () => {
    const { app, arrival } = await signIn(reviewer.email);
    expect(arrival.url.href).toContain(`${callback}?`);
    expect(arrival.url.searchParams.get('state')).toBe(app.state);
    const { status, body } = await app.redeem(arrival);
    expect(status).toBe(200);
    expect(await queue(body.access_token)).toMatchObject({ status: 200, body: { entries: [] } });
    const refreshed = await app.refresh(known(body.refresh_token));
    expect((await queue(refreshed.body.access_token)).status).toBe(200);
    // The other tokens say who it is; they open nothing.
    expect((await queue(body.id_token)).status).toBe(401);
    expect((await queue(body.refresh_token)).status).toBe(401);
  });

  test('is the person that was linked, in their groups: an assessor has audits and no queue', async () => {
    const { app, arrival } = await signIn(samplePeople.assessors[0].email);
    const { body } = await app.redeem(arrival);
    const audits = await rawCall(cloud.apiUrl, '/v1/audits', { token: body.access_token, operationId: 'listAudits' });
    expect(audits).toMatchObject({ status: 200, body: { audits: [] } });
    expect(await queue(body.access_token)).toMatchObject({ status: 403 });
  });

  test('gets no code with another password, and no tokens without the verifier or twice for one code', async () => {
    const wrong = await signIn(reviewer.email, 'moose');
    expect(wrong.arrival.url.searchParams.get('code')).toBeNull();
    const stolen = await signIn(reviewer.email);
    expect((await stolen.app.redeem(stolen.arrival, 'a'.repeat(43))).status).toBe(400);
    const { app, arrival } = await signIn(reviewer.email);
    expect((await app.redeem(arrival)).status).toBe(200);
    expect((await app.redeem(arrival)).status).toBe(400);
  });
});
