import type { CloudEvents, Denial } from '@secor/local-cloud';
import { describe, expect, it } from 'vitest';
import { deniedIn, logEnd, stepper, troubleIn } from './demo-step.ts';
import { timeline } from './timeline.ts';

const denial: Denial = {
  principal: { kind: 'role', roleArn: 'arn:aws:iam::1:role/r', name: 'secor-dev-layout' },
  action: 's3:GetObjectVersion',
  resource: 'arn:aws:s3:::packages/1.zip',
  operation: 'GetObject',
  reason: 'no statement allows it',
};
const place = ['documents laid out', 'SQS documents → layout', 'assign'] as const;

/** A cloud in which things happen as the test says. */
function playedCloud(denials: readonly Denial[] = []) {
  const listeners = new Map<string, (event: never) => void>();
  return {
    denials: () => denials,
    on: (name: string, listener: (event: never) => void) => {
      listeners.set(name, listener);
      return () => {};
    },
    happens: <Name extends keyof CloudEvents>(name: Name, event: Partial<CloudEvents[Name][0]>) =>
      listeners.get(name)?.(event as never),
  };
}

describe('a step', () => {
  it('is noted in the timeline when it is done', async () => {
    const told = timeline(() => {});
    const value = await stepper(told)(
      place,
      async () => 12,
      (documents) => `${documents} documents laid out`,
    );
    expect(value).toBe(12);
    expect(told.moments.map(({ what, where }) => [what, where])).toEqual([['12 documents laid out', place[1]]]);
  });

  it('names itself, its place, its limit and its function when it does not come, and tells its work', async () => {
    const told = timeline(() => {});
    let late = false;
    const waiting = stepper(told)(
      [...place, 20],
      (signal) => {
        signal.addEventListener('abort', () => {
          late = true;
        });
        return new Promise(() => {});
      },
      () => 'done',
    );
    await expect(waiting).rejects.toMatchObject({
      message:
        'the step "documents laid out" (SQS documents → layout) failed: it did not come within its limit of 0.02 s.',
      functionName: 'assign',
    });
    expect(late).toBe(true);
    expect(told.moments).toEqual([]);
  });

  it.each(['before it began', 'while it was awaited'])('ends with a call that was denied %s', async (moment) => {
    const cloud = playedCloud(moment === 'before it began' ? [denial] : []);
    const waiting = stepper(
      timeline(() => {}),
      deniedIn(cloud),
    )(
      place,
      () => new Promise(() => {}),
      () => 'done',
    );
    if (moment === 'while it was awaited') cloud.happens('denied', denial);
    await expect(waiting).rejects.toMatchObject({
      message: expect.stringContaining('layout may not s3:GetObjectVersion on arn:aws:s3:::packages/1.zip'),
      functionName: 'layout',
    });
  });
});

describe('troubleIn', () => {
  const failed = { errorType: 'Error', errorMessage: 'no', trace: [] };

  it('knows no function while all goes well', () => {
    const cloud = playedCloud();
    const trouble = troubleIn(cloud);
    cloud.happens('started', { functionName: 'secor-dev-mail' });
    cloud.happens('ended', { functionName: 'secor-dev-mail', result: { batchItemFailures: [] } });
    expect(trouble()).toBeUndefined();
  });

  it.each([
    ['failed', { error: failed }],
    ['gave messages back', { result: { batchItemFailures: [{ itemIdentifier: '1' }] } }],
  ])('knows the function that %s last', (_, end) => {
    const cloud = playedCloud();
    const trouble = troubleIn(cloud);
    cloud.happens('ended', { functionName: 'secor-dev-mail', ...end });
    cloud.happens('ended', { functionName: 'secor-dev-relay', result: { batchItemFailures: [] } });
    expect(trouble()).toBe('mail');
  });
});

describe('logEnd', () => {
  const info = (at: number) => JSON.stringify({ level: 'INFO', message: `line ${at}` });
  const error = JSON.stringify({ level: 'ERROR', message: 'no such revision' });
  const uncaught = JSON.stringify({ requestId: '1', errorType: 'TypeError', errorMessage: 'not a function' });
  const noise = Array.from({ length: 40 }, (_, at) => info(at));

  it('prefers lines that tell an error, however far back they are', () => {
    expect(logEnd([error, ...noise, uncaught, ...noise, ''].join('\n'))).toEqual([error, uncaught]);
  });

  it('gives the last lines when no error was told', () => {
    const lines = logEnd(['{"level":', 'null', '7', ...noise].join('\n'));
    expect(lines).toEqual(noise.slice(-lines.length));
    expect(lines.length).toBeGreaterThan(5);
  });

  it('cuts a line that would fill the screen', () => {
    expect(logEnd(JSON.stringify({ level: 'ERROR', message: 'x'.repeat(9000) }))[0]?.length).toBeLessThan(600);
  });
});
