import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { LocalCloud } from '../start/local-cloud.ts';
import { writeSmallApp } from '../start/small-app.fixture.ts';
import { startLocalCloud } from '../start/start.ts';

const root = mkdtempSync(join(tmpdir(), 'topics-'));
const running: LocalCloud[] = [];
let apps = 0;

afterEach(async () => {
  await Promise.all(running.splice(0).map((cloud) => cloud.stop()));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const account = '123456789012';
const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const policy = (service: string, Action: string, Resource: unknown, sourceArn: unknown) => ({
  Version: '2012-10-17',
  Statement: [
    {
      ...{ Effect: 'Allow', Principal: { Service: service }, Action, Resource },
      Condition: { ArnEquals: { 'aws:SourceArn': sourceArn }, StringEquals: { 'aws:SourceAccount': account } },
    },
  ],
});

/** A domain whose letters are told of, by a topic, to a queue that nobody reads. */
const mailResources = {
  Domain: { Type: 'AWS::SES::EmailIdentity', Properties: { EmailIdentity: 'partner.example' } },
  Letters: { Type: 'AWS::SES::ConfigurationSet', Properties: { Name: 'letters' } },
  Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'feedback', KmsMasterKeyId: 'k' } },
  TopicPolicy: {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: 'Topic' }],
      PolicyDocument: policy(
        'ses.amazonaws.com',
        'sns:Publish',
        { Ref: 'Topic' },
        `arn:aws:ses:ca-central-1:${account}:configuration-set/letters`,
      ),
    },
  },
  Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'feedback', VisibilityTimeout: 0 } },
  QueuePolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Queue' }],
      PolicyDocument: policy('sns.amazonaws.com', 'sqs:SendMessage', arn('Queue'), { Ref: 'Topic' }),
    },
  },
  Subscription: {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: arn('Queue'), RawMessageDelivery: true },
  },
  Alarms: {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: 'a@example.org' },
  },
  Told: {
    Type: 'AWS::SES::ConfigurationSetEventDestination',
    DependsOn: ['TopicPolicy', 'Subscription'],
    Properties: {
      ConfigurationSetName: { Ref: 'Letters' },
      EventDestination: {
        Enabled: true,
        MatchingEventTypes: ['bounce', 'complaint', 'delivery', 'reject'],
        SnsDestination: { TopicARN: { Ref: 'Topic' } },
      },
    },
  },
};

function app(resources: Readonly<Record<string, object>> = {}): { assembly: string; directory: string } {
  apps += 1;
  const assembly = join(root, `app-${apps}`);
  writeSmallApp(assembly, { resources: { ...mailResources, ...resources } });
  return { assembly, directory: join(root, `state-${apps}`) };
}

async function start(of: { assembly: string; directory: string }): Promise<LocalCloud & { warnings: string[] }> {
  const warnings: string[] = [];
  const cloud = await startLocalCloud({ ...of, warn: (line) => warnings.push(line) });
  running.push(cloud);
  return Object.assign(cloud, { warnings });
}

type Address = { readonly gatewayUrl: string; readonly operator: LocalCloud['operator'] };
const clientOptions = ({ gatewayUrl, operator }: Address) => ({
  ...{ endpoint: gatewayUrl, region: 'ca-central-1', credentials: { ...operator } },
});

const letters = { ConfigurationSetName: 'letters' };

async function send(cloud: Address, to: string, set: { ConfigurationSetName?: string } = letters): Promise<string> {
  const ses = new SESClient(clientOptions(cloud));
  const Data = Buffer.from(`From: office@partner.example\r\nTo: ${to}\r\nSubject: Hello\r\n\r\nHello\r\n`);
  const { MessageId = '' } = await ses.send(new SendRawEmailCommand({ RawMessage: { Data }, ...set }));
  ses.destroy();
  return MessageId;
}

/** All that lies in the queue. */
async function received(cloud: Address): Promise<string[]> {
  const sqs = new SQSClient(clientOptions(cloud));
  const QueueUrl = `${cloud.gatewayUrl}/${account}/feedback`;
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  sqs.destroy();
  return Messages.map(({ Body = '' }) => Body);
}

const validation = 'Successfully validated SNS topic for Amazon SES event publishing.';
const eventsIn = (bodies: readonly string[]) =>
  bodies
    .filter((body) => body !== validation)
    .map((body) => JSON.parse(body) as { eventType: string; mail: { messageId: string } })
    .map(({ eventType, mail }) => `${mail.messageId} ${eventType}`)
    .toSorted();

describe('what becomes of letters', () => {
  test('goes from SES over the topic to its queue, after a sentence that it may', async () => {
    const small = app();
    const cloud = await start(small);
    const good = await send(cloud, 'anna@employer.example');
    const bad = await send(cloud, 'bounce@simulator.amazonses.com');
    await send(cloud, 'anna@employer.example', {});
    await cloud.quiet();
    const bodies = await received(cloud);
    expect(bodies).toContain(validation);
    expect(bodies).toHaveLength(3);
    expect(eventsIn(bodies)).toEqual([`${good} Delivery`, `${bad} Bounce`].toSorted());
    expect(cloud.denials()).toEqual([]);
    await cloud.stop();
    running.length = 0;
    const again = await start(small);
    await again.quiet();
    expect(await received(again)).toHaveLength(3);
  });

  test("stands in SNS's envelope unless the subscription is raw", async () => {
    const Properties = { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: arn('Queue') };
    const cloud = await start(app({ Subscription: { Type: 'AWS::SNS::Subscription', Properties } }));
    const messageId = await send(cloud, 'anna@employer.example');
    await cloud.quiet();
    const envelopes = (await received(cloud)).map((body) => JSON.parse(body) as Record<string, string>);
    expect(envelopes).toContainEqual(expect.objectContaining({ Type: 'Notification', Message: validation }));
    expect(eventsIn(envelopes.map(({ Message = '' }) => Message))).toEqual([`${messageId} Delivery`]);
  });

  test('a topic whose policy does not let SES is refused at the start, with the remedy', async () => {
    const { TopicPolicy } = mailResources;
    const PolicyDocument = policy('cloudwatch.amazonaws.com', 'sns:Publish', { Ref: 'Topic' }, 'arn:aws:x');
    const Properties = { ...TopicPolicy.Properties, PolicyDocument };
    const refused = startLocalCloud(app({ TopicPolicy: { ...TopicPolicy, Properties } }));
    await expect(refused).rejects.toThrow(/Told.*SES can't tell.*ses\.amazonaws\.com/);
  });

  test('a policy on which the event destination does not depend comes too late', async () => {
    const { DependsOn, ...Told } = mailResources.Told;
    const { TopicPolicy, ...others } = mailResources;
    apps += 1;
    const assembly = join(root, `app-${apps}`);
    writeSmallApp(assembly, { resources: { ...others, Told, TopicPolicy } });
    const refused = startLocalCloud({ assembly, directory: join(root, `state-${apps}`) });
    await expect(refused).rejects.toThrow(/must depend on that policy/);
  });

  test('a queue whose policy does not let the topic gets nothing, and that is told', async () => {
    const { QueuePolicy } = mailResources;
    const PolicyDocument = policy('sns.amazonaws.com', 'sqs:SendMessage', arn('Queue'), 'arn:aws:sns:other');
    const Properties = { ...QueuePolicy.Properties, PolicyDocument };
    const cloud = await start(app({ QueuePolicy: { ...QueuePolicy, Properties } }));
    await send(cloud, 'anna@employer.example');
    await cloud.quiet();
    expect(await received(cloud)).toEqual([]);
    expect(cloud.denials()[0]).toMatchObject({
      principal: { service: 'sns.amazonaws.com', sourceArn: expect.stringMatching(/:feedback$/) },
      ...{ action: 'sqs:SendMessage', operation: 'SendMessage' },
    });
    expect(cloud.warnings).toContainEqual(expect.stringContaining('gives up'));
  });

  test.each([
    ['before the topic has it', { service: 'sns', operation: 'Publish', kind: 'error' }],
    ['before the queue has it', { service: 'sqs', operation: 'SendMessage', resource: 'feedback', kind: 'error' }],
  ])('survives a kill %s', async (_, fault) => {
    const small = app();
    const script = fileURLToPath(new URL('../start/run-until-killed.fixture.ts', import.meta.url));
    const child = spawn(process.execPath, [script, small.assembly, small.directory], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const address = JSON.parse((await lines.next()).value ?? '') as Address;
    const { controlUrl } = JSON.parse(readFileSync(join(small.directory, 'cloud.json'), 'utf8'));
    await fetch(`${controlUrl}/_local/faults`, { method: 'POST', body: JSON.stringify(fault) });
    const messageId = await send(address, 'complaint@simulator.amazonses.com');
    child.kill('SIGKILL');
    await once(child, 'exit');

    const cloud = await start(small);
    await cloud.quiet();
    const events = new Set(eventsIn(await received(cloud)));
    expect([...events]).toEqual([`${messageId} Complaint`, `${messageId} Delivery`]);
  });
});
