import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createApp, createBrowser } from '../identity/browser.fixture.ts';
import type { LocalCloud, LocalCloudOptions } from './local-cloud.ts';
import { type SmallAppChange, writeSmallApp } from './small-app.fixture.ts';
import { startLocalCloud } from './start.ts';

const root = mkdtempSync(join(tmpdir(), 'cloud-'));
const running: LocalCloud[] = [];
let apps = 0;

afterEach(async () => {
  await Promise.all(running.splice(0).map((cloud) => cloud.stop()));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function app(change: SmallAppChange = {}): { assembly: string; directory: string } {
  apps += 1;
  const assembly = join(root, `app-${apps}`);
  writeSmallApp(assembly, change);
  return { assembly, directory: join(root, `state-${apps}`) };
}

async function start(of: LocalCloudOptions): Promise<LocalCloud & { warnings: string[] }> {
  const warnings: string[] = [];
  const cloud = await startLocalCloud({ ...of, warn: (line) => warnings.push(line) });
  running.push(cloud);
  return Object.assign(cloud, { warnings });
}

/** A process that nobody has waited for yet (a zombie) does not run. */
function isRunning(pid: string | undefined): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

type Address = { readonly gatewayUrl: string; readonly operator: LocalCloud['operator'] };

const clientOptions = ({ gatewayUrl, operator }: Address) => ({
  endpoint: gatewayUrl,
  region: 'ca-central-1',
  credentials: { ...operator },
});

async function upload(cloud: Address, key: string): Promise<void> {
  const s3 = new S3Client({ ...clientOptions(cloud), forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: 'small-123456789012-uploads', Key: key, Body: 'x' }));
  s3.destroy();
}

async function items(cloud: Address): Promise<string[]> {
  const table = new DynamoDBClient(clientOptions(cloud));
  const { Items = [] } = await table.send(new ScanCommand({ TableName: 'small' }));
  table.destroy();
  return Items.map(({ pk }) => pk?.S ?? '').sort();
}

describe('a small app', () => {
  test('runs from the created object to the end, and is quiet then', async () => {
    const cloud = await start(app());
    const timeline: string[] = [];
    cloud.on('ended', ({ functionName, error }) => timeline.push(`${functionName} ${error?.errorMessage ?? 'ok'}`));
    await cloud.quiet();
    timeline.length = 0; // the test event of the notification
    await upload(cloud, 'in/a');
    await upload(cloud, 'elsewhere/b');
    await cloud.quiet();
    expect(await items(cloud)).toEqual(['finished in/a', 'in/a']);
    expect(timeline).toEqual(['small-take ok', 'small-pass ok', 'small-finish ok']);
    expect(cloud.denials()).toEqual([]);
    expect(cloud.warnings).toEqual([]);
    expect(cloud.resource('Table', 'data').reference).toBe('small');
    expect(cloud.resource('small-data/Table').logicalId).toBe('Table');
    expect(() => cloud.resource('nothing')).toThrow('"nothing"');
  });

  test('its buckets are reached by the virtual-hosted addresses, too', async () => {
    const cloud = await start(app());
    const Bucket = 'small-123456789012-uploads';
    const endpoint = cloud.gatewayUrl.replace('127.0.0.1', 'localhost');
    // Every name below localhost is this machine.
    const agent = new Agent({ lookup: (_, __, found) => found(null, [{ address: '127.0.0.1', family: 4 }]) });
    const s3 = new S3Client({ ...clientOptions(cloud), endpoint, requestHandler: { httpAgent: agent } });
    const host = `${Bucket}.${new URL(endpoint).host}`;
    const ask = async (url: string, options: RequestOptions = {}, body: Uint8Array | string = '') => {
      const request = httpRequest(url, { ...options, agent }).end(body);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return { status: response.statusCode, headers: response.headers, body: await text(response) };
    };

    await s3.send(new PutObjectCommand({ Bucket, Key: 'in/a b', Body: 'put' }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'in/a b' }));
    expect(await got.Body?.transformToString()).toBe('put');
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'in/a b' }));
    expect(new URL(url)).toMatchObject({ host, pathname: '/in/a%20b' });
    expect(await ask(url)).toMatchObject({ status: 200, body: 'put' });
    expect(await ask(url.replace('in/a', 'in/b'))).toMatchObject({ status: 403 });
    // The host is signed: the same request at the other address is another one.
    expect(await ask(url.replace(host, `${new URL(endpoint).host}/${Bucket}`))).toMatchObject({ status: 403 });

    const form = new FormData();
    const presigned = await createPresignedPost(s3, {
      Bucket,
      Key: 'in/c',
      Conditions: [['content-length-range', 1, 9]],
    });
    expect(new URL(presigned.url)).toMatchObject({ host, pathname: '/' });
    for (const [name, value] of Object.entries(presigned.fields)) form.append(name, value);
    form.append('file', new Blob(['posted']), 'c.zip');
    const filled = new Response(form);
    const headers = { 'content-type': filled.headers.get('content-type') ?? '' };
    const posted = await ask(presigned.url, { method: 'POST', headers }, await filled.bytes());
    expect(posted).toMatchObject({ status: 204, headers: { location: `http://${host}/in/c` } });
    await cloud.quiet();
    expect(await items(cloud)).toEqual(expect.arrayContaining(['finished in/a+b', 'finished in/c']));
    s3.destroy();
    agent.destroy();
  });

  test('the notification is announced by a test event, once and not at every start', async () => {
    const small = app();
    const first = await start(small);
    await first.quiet();
    expect(first.functions['small-take']?.statistics.invocations).toBe(1);
    await first.stop();
    running.length = 0;
    const second = await start(small);
    await second.quiet();
    expect(second.functions['small-take']?.statistics.invocations).toBe(0);
  });

  test('a message that six ends of the cloud cut is not a dead letter: these receives do not count', async () => {
    const gate = join(root, `gate-${apps}`);
    const small = app({ gate });
    for (let ends = 0; ends < 6; ends += 1) {
      const cloud = await start(small);
      if (ends === 0) await upload(cloud, 'in/a');
      // The upload and the bucket's test event.
      await expect.poll(() => cloud.sqs.pending('small-incoming').inFlight).toBe(2);
      await running.pop()?.stop();
    }
    writeFileSync(gate, '');
    const cloud = await start(small);
    await cloud.quiet();
    expect(cloud.sqs.pending('small-incoming-dead')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    expect(await items(cloud)).toEqual(['finished in/a', 'in/a']);
  });

  test('a killed cloud loses nothing, and leaves no instance', async () => {
    const gate = join(root, `gate-${apps}`);
    const small = app({ gate });
    const script = fileURLToPath(new URL('./run-until-killed.fixture.ts', import.meta.url));
    const child = spawn(process.execPath, [script, small.assembly, small.directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const address = JSON.parse((await lines.next()).value ?? '') as Address;
    await upload(address, 'in/a');
    expect(JSON.parse((await lines.next()).value ?? '')).toEqual({ started: 'small-take' });
    const log = join(small.directory, 'logs', 'small-take.log');
    await expect.poll(() => existsSync(log) && readFileSync(log, 'utf8')).toMatch(/taking \d+\n/);
    const [, pid] = /taking (\d+)/.exec(readFileSync(log, 'utf8')) ?? [];
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(() => isRunning(pid)).toBe(false);

    writeFileSync(gate, '');
    const cloud = await start(small);
    await cloud.quiet();
    expect(await items(cloud)).toEqual(['finished in/a', 'in/a']);
  });

  test('a denied call fails as on AWS, and is told with function, action and resource', async () => {
    const cloud = await start(app({ overreach: true }));
    const failed = Promise.withResolvers<string>();
    cloud.on(
      'ended',
      ({ error }) => error !== undefined && failed.resolve(`${error.errorType}: ${error.errorMessage}`),
    );
    await upload(cloud, 'in/a');
    expect(await failed.promise).toMatch(/AccessDeniedException: .*dynamodb:DeleteItem/);
    expect(cloud.warnings).toEqual([expect.stringMatching(/small-finish.*dynamodb:DeleteItem.*table\/small/)]);
    expect(cloud.denials()).toMatchObject([{ action: 'dynamodb:DeleteItem', principal: { name: 'small-finish' } }]);
    await expect(cloud.quiet(100)).rejects.toThrow(/small-passed/);
  });

  test('its API takes a token of the user pool, and hands the claims on as text', async () => {
    const cloud = await start(app());
    const token = await cloud.token({ email: 'ada@example.org', groups: ['reviewer', 'administrator'] });
    const response = await fetch(`${cloud.apiUrl}/v1/things/a%20b?x=1&x=2`, {
      headers: { authorization: `Bearer ${token}`, cookie: 'k=v; l=w' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('set-cookie')).toBe('a=1');
    expect(await response.json()).toMatchObject({
      version: '2.0',
      routeKey: 'GET /v1/things/{thing}',
      rawPath: '/v1/things/a b',
      rawQueryString: 'x=1&x=2',
      cookies: ['k=v', 'l=w'],
      queryStringParameters: { x: '1,2' },
      pathParameters: { thing: 'a b' },
      isBase64Encoded: false,
      requestContext: {
        accountId: '123456789012',
        http: { method: 'GET', path: '/v1/things/a b', protocol: 'HTTP/1.1' },
        authorizer: {
          jwt: { claims: { iss: cloud.issuer, 'cognito:groups': '[reviewer administrator]' }, scopes: null },
        },
        stage: '$default',
      },
    });
    await expect(cloud.token({ email: 'ada@example.org', groups: ['wizard'] })).rejects.toThrow('wizard');
  });

  test('a person signs in to an app client of the template, and its API takes the token', async () => {
    const cloud = await start(app());
    await cloud.token({ email: 'ada@example.org', groups: ['reviewer'] });
    const clientId = cloud.outputs['small-data']?.ClientId ?? '';
    const portal = createApp(cloud.issuer, clientId, 'https://small.example.org/callback');
    const browser = createBrowser(cloud.controlUrl);
    const page = await browser.open(portal.signInAddress());
    const { body } = await portal.redeem(await browser.submit(page, { email: 'ada@example.org', password: 'local' }));
    expect(body.expires_in).toBe(15 * 60);
    const response = await fetch(`${cloud.apiUrl}/v1/things/a`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    });
    expect(await response.json()).toMatchObject({
      requestContext: {
        authorizer: { jwt: { claims: { client_id: clientId, token_use: 'access', 'cognito:groups': '[reviewer]' } } },
      },
    });
    expect(cloud.warnings).toEqual([]);
  });

  test('an API without the permission to invoke answers 500, and the denial is told', async () => {
    const Permission = { Type: 'AWS::CloudWatch::Alarm', Properties: {} };
    const cloud = await start(app({ resources: { Permission } }));
    const token = await cloud.token({ email: 'ada@example.org', groups: [] });
    const response = await fetch(`${cloud.apiUrl}/v1/things/a`, { headers: { authorization: token } });
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
    expect(cloud.denials()).toMatchObject([{ action: 'lambda:InvokeFunction' }]);
  });

  test('an advance of the clock fires the day’s schedule, with the time it was meant for', async () => {
    const cloud = await start(app());
    const morning = new Date(cloud.clock.now());
    morning.setUTCDate(morning.getUTCDate() + 1);
    morning.setUTCHours(6, 0, 1, 0);
    cloud.clock.advanceTo(morning.getTime());
    await cloud.quiet();
    expect(await items(cloud)).toContainEqual(expect.stringMatching(/^finished \d{4}-\d\d-\d\dT06:00:00Z$/));
  });

  test('an advance by days fires each day’s schedules, and tells of the days', async () => {
    const cloud = await start(app());
    const day = (later: number) => new Date(cloud.clock.now() + later * 24 * 3_600_000).toISOString().slice(0, 10);
    const to = day(4);
    const dates: string[] = [];
    await cloud.advance(to, ({ date, failures, open }) => {
      dates.push(date);
      expect({ failures, open }).toEqual({ failures: [], open: [] });
    });
    expect(dates.at(-1)).toBe(to);
    const fired = (await items(cloud)).filter((item) => item.endsWith('T06:00:00Z'));
    expect(fired).toContain(`finished ${to}T06:00:00Z`);
    expect(fired.length).toBeGreaterThanOrEqual(4);
    await expect(cloud.advance(dates[0] ?? '')).rejects.toThrow('never goes back');
  });

  test('a command hears of each day of an advance as it ends, and why one can not begin', async () => {
    const cloud = await start(app());
    const advance = (to: string) =>
      fetch(`${cloud.controlUrl}/_local/advance`, { method: 'POST', body: JSON.stringify({ to }) });
    const to = new Date(cloud.clock.now() + 3 * 24 * 3_600_000).toISOString().slice(0, 10);
    const lines = (await (await advance(to)).text()).trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ date: to, letters: [], failures: [], open: [] });
    const refused = await advance('2001-01-01');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ message: expect.stringContaining('never goes back') });
  });

  test('a schedule whose send fails is tried again, and is not quiet until it is sent', async () => {
    const cloud = await start(app());
    await cloud.quiet();
    cloud.faults.inject({ service: 'sqs', operation: 'SendMessage', kind: 'error', times: 2 });
    cloud.clock.advanceBy(24 * 3_600_000);
    await cloud.quiet();
    expect(await items(cloud)).toContainEqual(expect.stringMatching(/^finished .*T06:00:00Z$/));
    expect(cloud.warnings.filter((line) => line.includes('tries again'))).toHaveLength(2);
  });

  test('what a schedule can’t send goes to its dead-letter queue after its retries', async () => {
    const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
    const Properties = {
      ScheduleExpression: 'rate(1 day)',
      Target: {
        Arn: arn('Lost'),
        RoleArn: arn('ScheduleRole'),
        Input: 'late',
        RetryPolicy: { MaximumRetryAttempts: 1 },
        DeadLetterConfig: { Arn: arn('Passed') },
      },
    };
    const Lost = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'small-lost' } };
    const Open = {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'Lost' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: arn('Lost') }],
        },
      },
    };
    const cloud = await start(
      app({ resources: { Daily: { Type: 'AWS::Scheduler::Schedule', Properties }, Lost, Open } }),
    );
    cloud.faults.inject({ service: 'sqs', operation: 'SendMessage', resource: 'small-lost', kind: 'error' });
    cloud.clock.advanceBy(24 * 3_600_000);
    await cloud.quiet();
    expect(await items(cloud)).toEqual(['finished late']);
    expect(cloud.warnings).toEqual([expect.stringContaining('tries again'), expect.stringContaining('gives up')]);
  });

  test('a schedule that a restart missed fires', async () => {
    const small = app();
    const before = await start(small);
    await before.stop();
    running.length = 0;
    const file = join(small.directory, 'clock.json');
    writeFileSync(file, JSON.stringify({ offsetMs: 24 * 3_600_000 }));
    const cloud = await start(small);
    await cloud.quiet();
    expect(await items(cloud)).toContainEqual(expect.stringMatching(/^finished .*T06:00:00Z$/));
  });

  test('it is not quiet while a direct invocation runs, and a listener that throws changes nothing', async () => {
    const cloud = await start(app());
    await cloud.quiet();
    let ended = false;
    const stop = cloud.on('ended', () => {
      ended = true;
      throw new Error('no');
    });
    const invocation = cloud.functions['small-api']?.invoke({});
    await cloud.quiet();
    stop();
    expect(ended).toBe(true);
    expect((await invocation)?.error).toBeUndefined();
    expect(cloud.warnings).toEqual([expect.stringContaining('listener')]);
  });

  test('an address that can’t stay the same over a restart is told', async () => {
    const small = app();
    const first = await start(small);
    const port = Number(new URL(first.controlUrl).port);
    await first.stop();
    running.length = 0;
    await start({ ...app(), ports: { control: port } });
    const second = await start(small);
    expect(second.controlUrl).not.toBe(first.controlUrl);
    expect(second.warnings).toEqual([expect.stringContaining(`Port ${port}`)]);
  });

  test('commands find it by its file, and control it', async () => {
    const small = app();
    const cloud = await start(small);
    const { controlUrl, pid } = JSON.parse(readFileSync(join(small.directory, 'cloud.json'), 'utf8')) as {
      controlUrl: string;
      pid: number;
    };
    expect(pid).toBe(process.pid);
    const post = (path: string, body: object, headers = {}) =>
      fetch(`${controlUrl}/_local/${path}`, { method: 'POST', body: JSON.stringify(body), headers });
    expect(await (await post('quiet', {})).json()).toEqual({ quiet: true });
    const { token } = (await (await post('token', { email: 'ada@example.org', groups: ['reviewer'] })).json()) as {
      token: string;
    };
    expect((await fetch(`${cloud.apiUrl}/v1/things/a`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(
      201,
    );
    expect(
      (await post('token', { email: 'ada@example.org', groups: [] }, { origin: 'https://example.org' })).status,
    ).toBe(403);
    await cloud.stop();
    running.length = 0;
    expect(existsSync(join(small.directory, 'cloud.json'))).toBe(false);
  });

  test('a port that is taken is told by number and purpose', async () => {
    const { apiUrl } = await start(app());
    const port = Number(new URL(apiUrl).port);
    await expect(startLocalCloud({ ...app(), ports: { gateway: port } })).rejects.toThrow(
      `Port ${port} for the gateway`,
    );
    await expect(startLocalCloud({ ...app(), ports: { api: port } })).rejects.toThrow(`Port ${port} for the API`);
  });

  test('addresses, keys and people stay the same over a restart; a fresh start forgets all', async () => {
    const small = app();
    const first = await start(small);
    await upload(first, 'in/a');
    await first.quiet();
    const claims = async (cloud: LocalCloud) =>
      JSON.parse(
        Buffer.from(
          (await cloud.token({ email: 'ada@example.org', groups: [] })).split('.')[1] ?? '',
          'base64url',
        ).toString(),
      ) as { sub: string };
    const { sub } = await claims(first);
    await first.stop();
    running.length = 0;
    const second = await start(small);
    expect([second.apiUrl, second.gatewayUrl, second.issuer, second.operator]).toEqual([
      first.apiUrl,
      first.gatewayUrl,
      first.issuer,
      first.operator,
    ]);
    expect((await claims(second)).sub).toBe(sub);
    expect(await items(second)).toEqual(['finished in/a', 'in/a']);
    await second.stop();
    running.length = 0;
    const third = await startLocalCloud({ ...small, fresh: true });
    running.push(third);
    expect(await items(third)).toEqual([]);
  });

  test('a stack that is deployed no more is gone with all that it made, and begins anew when it is made again', async () => {
    const small = app();
    const roles = (): Record<string, string> =>
      JSON.parse(readFileSync(join(small.directory, 'kept.json'), 'utf8')).roles;
    const first = await start(small);
    await upload(first, 'in/a');
    await first.quiet();
    const before = roles();
    await first.stop();

    const away = await start({ ...small, stacks: ['small-data'] });
    expect(away.functions).toEqual({});
    expect(() => away.sqs.pending('small-passed')).toThrow(/does not exist/);
    expect(readdirSync(join(small.directory, 'streams'))).toEqual([]);
    expect(Object.keys(roles())).toEqual([]);
    expect((await fetch(`${away.apiUrl}/v1/things/a`)).status).toBe(503);
    await upload(away, 'in/b');
    await away.quiet();
    expect(away.sqs.pending('small-incoming').visible).toBe(1);
    await away.stop();

    const again = await start(small);
    await again.quiet();
    expect(await items(again)).toEqual(['finished in/a', 'finished in/b', 'in/a', 'in/b']);
    // A mapping that is made anew reads the stream from its oldest record on: what was passed once is passed again.
    expect(again.functions['small-finish']?.statistics.invocations).toBe(2);
    expect(Object.keys(roles())).toEqual(Object.keys(before));
    for (const [role, made] of Object.entries(roles())) expect(made).not.toBe(before[role]);
    expect(again.denials()).toEqual([]);
  });

  test('a stack that the assembly does not hold can not be deployed', async () => {
    await expect(startLocalCloud({ ...app(), stacks: ['small-date'] })).rejects.toThrow(
      /no stack "small-date".*small-data, small-service/,
    );
  });

  test('a fresh start never empties a directory that is not its own', async () => {
    const { assembly } = app();
    await expect(startLocalCloud({ assembly, directory: assembly, fresh: true })).rejects.toThrow(
      'no local cloud made',
    );
    expect(existsSync(join(assembly, 'manifest.json'))).toBe(true);
  });

  test('a second start on the same directory is refused, with the process and the remedy', async () => {
    const small = app();
    await start(small);
    await expect(startLocalCloud(small)).rejects.toThrow(new RegExp(`process ${process.pid}.*kill`));
  });
});

/** One more app client of the small app's user pool. */
function clientWith(properties: object): object {
  return {
    Type: 'AWS::Cognito::UserPoolClient',
    Properties: {
      UserPoolId: { 'Fn::GetStackOutput': { StackName: 'small-data', OutputName: 'UserPoolId' } },
      AllowedOAuthFlowsUserPoolClient: true,
      ...properties,
    },
  };
}

const toldOf = (EventDestination: object) => ({
  Type: 'AWS::SES::ConfigurationSetEventDestination',
  Properties: { ConfigurationSetName: 'letters', EventDestination },
});

describe('what the local cloud does not support is refused by name', () => {
  test.each<[string, Record<string, object>, RegExp]>([
    [
      'a concurrency that AWS refuses',
      {
        Source: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            EventSourceArn: { 'Fn::GetAtt': ['Passed', 'Arn'] },
            FunctionName: { Ref: 'finishFunction' },
            ScalingConfig: { MaximumConcurrency: 1 },
          },
        },
      },
      /small-service: Source \(AWS::Lambda::EventSourceMapping\): ScalingConfig.MaximumConcurrency is 1, and AWS takes 2 to 1000/,
    ],
    [
      'a retention of logs that AWS refuses',
      { Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 31 } } },
      /small-service: Logs \(AWS::Logs::LogGroup\): RetentionInDays is 31/,
    ],
    [
      'a resource type',
      { Volume: { Type: 'AWS::EFS::FileSystem', Properties: {} } },
      /small-service.*AWS::EFS::FileSystem \(of Volume\)/,
    ],
    [
      'a property',
      { Other: { Type: 'AWS::SQS::Queue', Properties: { Colour: 'red' } } },
      /small-service: Other \(AWS::SQS::Queue\).*"Colour"/,
    ],
    [
      'an attribute',
      { Other: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::GetAtt': ['Passed', 'Colour'] } } } },
      /Other.*QueueName.*"Colour" of Passed/,
    ],
    [
      'a managed policy',
      {
        Other: {
          Type: 'AWS::IAM::Role',
          Properties: {
            AssumeRolePolicyDocument: { Statement: [] },
            ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
          },
        },
      },
      /Other.*AdministratorAccess/,
    ],
    [
      'a subscription of neither a queue nor an address',
      { Other: { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: 'arn', Protocol: 'lambda' } } },
      /Other.*"lambda"/,
    ],
    [
      'a filter of what a queue gets from a topic',
      { Other: { Type: 'AWS::SNS::Subscription', Properties: { Protocol: 'sqs', FilterPolicy: {} } } },
      /Other.*"FilterPolicy"/,
    ],
    [
      'news of letters that is not supported',
      { Other: toldOf({ MatchingEventTypes: ['bounce', 'open'], SnsDestination: { TopicARN: 'arn' } }) },
      /Other.*MatchingEventTypes.*delivery, .* only, not of "open"/,
    ],
    [
      'news of letters for another service',
      { Other: toldOf({ MatchingEventTypes: ['bounce'], EventBridgeDestination: {} }) },
      /Other.*"EventBridgeDestination"/,
    ],
    [
      'a subscribed queue that there is not',
      {
        Topic: { Type: 'AWS::SNS::Topic', Properties: {} },
        Other: {
          Type: 'AWS::SNS::Subscription',
          Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:elsewhere' },
        },
      },
      /Other.*Endpoint.*elsewhere/,
    ],
    [
      'a sign-in flow that gives tokens to the address bar',
      { Other: clientWith({ AllowedOAuthFlows: ['code', 'implicit'] }) },
      /Other.*AllowedOAuthFlows.*"implicit"/,
    ],
    ['a scope', { Other: clientWith({ AllowedOAuthScopes: ['phone'] }) }, /Other.*openid and email only, not "phone"/],
    ['a client with a secret', { Other: clientWith({ GenerateSecret: true }) }, /Other.*GenerateSecret/],
    [
      'resources in a circle',
      { A: { Type: 'AWS::SQS::Queue', DependsOn: 'B' }, B: { Type: 'AWS::SQS::Queue', DependsOn: 'A' } },
      /A → B → A/,
    ],
    [
      'a queue that hides messages too briefly',
      { Passed: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'small-passed', VisibilityTimeout: 5 } } },
      /FinishSource.*5 s.*20 s/,
    ],
    [
      'batches of more than 10 messages without a window',
      {
        FinishSource: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            EventSourceArn: { 'Fn::GetAtt': ['Passed', 'Arn'] },
            FunctionName: { Ref: 'finishFunction' },
            BatchSize: 11,
          },
        },
      },
      /FinishSource.*BatchSize of 11.*MaximumBatchingWindowInSeconds/,
    ],
    [
      'a role that Lambda may not assume',
      {
        apiRole: {
          Type: 'AWS::IAM::Role',
          Properties: {
            AssumeRolePolicyDocument: {
              Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
            },
          },
        },
      },
      /small-api.*Lambda may not assume/,
    ],
  ])('%s', async (_, resources, message) => {
    const small = app({ resources });
    await expect(startLocalCloud(small)).rejects.toThrow(message);
    expect(existsSync(join(small.directory, 'cloud.lock'))).toBe(false);
  });

  test('a directory without a synthesized app is told with the remedy', async () => {
    await expect(startLocalCloud({ assembly: root, directory: join(root, 'none') })).rejects.toThrow(
      /manifest\.json.*npm run synth/,
    );
  });
});
