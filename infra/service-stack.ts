import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { createApi } from './api.ts';
import type { Surroundings } from './constructs/bundled-function.ts';
import type { DataStack } from './data-stack.ts';
import type { Deployment } from './deployment.ts';
import { createImport } from './import.ts';
import { createMailFeedbackConsumer } from './mail-feedback.ts';
import { createPipeline } from './pipeline.ts';
import { createSchedules } from './schedules.ts';
import { serviceStackName, stackProps } from './stack-props.ts';
import type { Stage } from './stage.ts';

/** The stack of what works. It can be deleted and created again; only messages in its queues are lost. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, stage: Stage, data: DataStack, settings: Deployment & { readonly bundles: string }) {
    super(scope, serviceStackName(stage), stackProps(stage, settings, 'SECOR: what works'));
    const alarms = new Alarms(stage, data.alarmTopic);
    const surroundings: Surroundings = { stage, bundles: settings.bundles, dataKey: data.key, alarms };

    const queues = createPipeline(this, surroundings, data);
    createMailFeedbackConsumer(this, surroundings, data);
    createSchedules(this, stage, queues);
    createImport(this, surroundings, data);
    createApi(this, surroundings, data);
  }
}
