import type { PolicyStatement } from '../../gateway/policy.ts';
import type { Json } from '../../json.ts';
import type { Plan, PlannedFunction, PlannedQueue, PlannedQueueSource, PlannedStreamSource } from '../plan.ts';
import type { Reader } from '../reader.ts';
import type { ResourceKind } from '../resource-kind.ts';
import { stableId } from '../stable-id.ts';

/** When a function names no concurrency: enough to overlap, and no more than a small machine carries. */
const defaultConcurrency = 4;

/** The resource types of Lambda. */
export const lambdaKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::Lambda::Function': {
    properties: [
      'FunctionName',
      'Code',
      'Handler',
      'Role',
      'Environment',
      'MemorySize',
      'Timeout',
      'ReservedConcurrentExecutions',
      'Runtime',
    ],
    ignored: [
      'Architectures',
      'Description',
      'KmsKeyArn',
      'LoggingConfig',
      'Tags',
      'TracingConfig',
      'EphemeralStorage',
      'RecursiveLoop',
    ],
    make({ properties, generatedName, plan, targets }) {
      const name = properties.optionalText('FunctionName') ?? generatedName.slice(0, 64);
      const runtime = properties.text('Runtime');
      if (!runtime.startsWith('nodejs'))
        throw new Error(`${properties.where}: the local cloud runs Node.js functions, not ${runtime}.`);
      const key = properties.object('Code').text('S3Key');
      const codeDirectory = targets.asset(key);
      if (codeDirectory === undefined)
        throw new Error(`${properties.where}, Code: no asset manifest names ${key}. Run "npm run synth" again.`);
      const arn = `arn:aws:lambda:${targets.region}:${targets.accountId}:function:${name}`;
      const variables = properties.optionalObject('Environment')?.optionalObject('Variables');
      plan.functions.set(name, {
        name,
        arn,
        codeDirectory,
        handler: properties.text('Handler'),
        roleArn: properties.text('Role'),
        environment: Object.fromEntries(
          Object.entries(variables?.value ?? {}).map(([variable, value]) => [variable, String(value)]),
        ),
        memoryMegabytes: properties.optionalNumber('MemorySize') ?? 128,
        timeoutSeconds: properties.optionalNumber('Timeout') ?? 3,
        concurrency: Math.min(
          properties.optionalNumber('ReservedConcurrentExecutions') ?? defaultConcurrency,
          defaultConcurrency,
        ),
      });
      return { reference: name, attributes: { Arn: arn } };
    },
  },

  'AWS::Lambda::EventSourceMapping': {
    properties: [
      'EventSourceArn',
      'FunctionName',
      'BatchSize',
      'MaximumBatchingWindowInSeconds',
      'FunctionResponseTypes',
      'ScalingConfig',
      'FilterCriteria',
      'Enabled',
      'StartingPosition',
      'BisectBatchOnFunctionError',
      'MaximumRetryAttempts',
      'MaximumRecordAgeInSeconds',
      'ParallelizationFactor',
    ],
    ignored: ['Tags'],
    make({ properties, plan, generatedName }) {
      const source = properties.text('EventSourceArn');
      const target = functionOf(properties, plan);
      const shared = {
        enabled: properties.optionalFlag('Enabled') !== false,
        functionName: target.name,
        partialFailures: properties.texts('FunctionResponseTypes').includes('ReportBatchItemFailures'),
        patterns: (properties.optionalObject('FilterCriteria')?.objects('Filters') ?? []).map((filter) =>
          filter.text('Pattern'),
        ),
        where: properties.where,
      };
      const queue = plan.queues.get(source);
      if (queue !== undefined) {
        plan.queueSources.push({ ...shared, queueArn: source, ...queueMappingOf(properties, queue, target) });
      } else if (plan.streams.has(source)) {
        plan.streamSources.push({ ...shared, streamArn: source, ...streamMappingOf(properties) });
      } else {
        throw new Error(`${properties.where}: there is no queue and no stream ${source} in the templates.`);
      }
      return { reference: stableId(generatedName, 36) };
    },
  },

  'AWS::Lambda::Permission': {
    properties: ['Action', 'FunctionName', 'Principal', 'SourceArn', 'SourceAccount'],
    make({ properties, plan, generatedName }) {
      const { arn } = functionOf(properties, plan);
      const source = properties.optionalText('SourceArn');
      const account = properties.optionalText('SourceAccount');
      const statement: PolicyStatement = {
        Sid: generatedName,
        Effect: 'Allow',
        Principal: { Service: properties.text('Principal') },
        Action: properties.text('Action'),
        Resource: arn,
        Condition: {
          ...(source === undefined ? {} : { ArnLike: { 'aws:SourceArn': source } }),
          ...(account === undefined ? {} : { StringEquals: { 'aws:SourceAccount': account } }),
        },
      };
      plan.permissions.set(arn, [...(plan.permissions.get(arn) ?? []), statement]);
      return { reference: generatedName };
    },
  },
};

function functionOf(properties: Reader, plan: Plan): PlannedFunction {
  const given = properties.text('FunctionName');
  const found = plan.functions.get(given.split(':').at(-1) ?? given);
  if (found === undefined) throw new Error(`${properties.where}: there is no function ${given}.`);
  return found;
}

function queueMappingOf(
  properties: Reader,
  queue: PlannedQueue,
  target: PlannedFunction,
): Pick<PlannedQueueSource, 'batchSize' | 'windowMs' | 'concurrency'> {
  if (queue.visibilitySeconds < target.timeoutSeconds) {
    throw new Error(
      `${properties.where}: the queue ${queue.name} hides a message for ${queue.visibilitySeconds} s, less than the ${target.timeoutSeconds} s that ${target.name} may run. AWS refuses that: raise VisibilityTimeout.`,
    );
  }
  const batchSize = properties.optionalNumber('BatchSize') ?? 10;
  const windowMs = windowMsOf(properties);
  if (batchSize > 10 && windowMs === 0) {
    throw new Error(
      `${properties.where}: a BatchSize of ${batchSize} needs a MaximumBatchingWindowInSeconds of 1 or more. AWS refuses more than 10 without it.`,
    );
  }
  const maxConcurrency = properties.optionalObject('ScalingConfig')?.optionalNumber('MaximumConcurrency');
  return { batchSize, windowMs, concurrency: Math.min(maxConcurrency ?? target.concurrency, target.concurrency) };
}

function streamMappingOf(properties: Reader): Pick<PlannedStreamSource, 'batchSize' | 'bisect'> {
  const fixed: readonly [string, Json | undefined, Json][] = [
    ['StartingPosition', properties.optionalText('StartingPosition'), 'TRIM_HORIZON'],
    ['MaximumRetryAttempts', properties.optionalNumber('MaximumRetryAttempts') ?? -1, -1],
    ['MaximumRecordAgeInSeconds', properties.optionalNumber('MaximumRecordAgeInSeconds') ?? -1, -1],
    ['ParallelizationFactor', properties.optionalNumber('ParallelizationFactor') ?? 1, 1],
    ['MaximumBatchingWindowInSeconds', windowMsOf(properties), 0],
  ];
  for (const [name, value, only] of fixed) {
    if (value !== only)
      throw new Error(
        `${properties.where}, ${name}: for a stream the local cloud supports ${only} only, not ${value}.`,
      );
  }
  return {
    batchSize: properties.optionalNumber('BatchSize') ?? 100,
    bisect: properties.optionalFlag('BisectBatchOnFunctionError') ?? false,
  };
}

function windowMsOf(properties: Reader): number {
  return (properties.optionalNumber('MaximumBatchingWindowInSeconds') ?? 0) * 1000;
}
