import { App } from 'aws-cdk-lib';
import { acknowledgeFindings } from './acknowledgements.ts';
import { DataStack } from './data-stack.ts';
import type { Deployment } from './deployment.ts';
import { ServiceStack } from './service-stack.ts';
import type { Stage } from './stage.ts';

/**
 * The whole system of one stage.
 *
 * @param settings.bundles the folder that holds a folder for each function's bundle
 * @param settings.outdir where the templates and assets go when the app is synthesized
 * @param settings.context the feature flags of cdk.json
 * @param settings.firstDeployment see `Deployment`, as the one below
 * @param settings.mailReady see there
 */
export function createApp(
  stage: Stage,
  settings: Deployment & {
    readonly bundles: string;
    readonly outdir: string;
    readonly context: Readonly<Record<string, unknown>>;
  },
): { readonly app: App; readonly data: DataStack; readonly service: ServiceStack } {
  const app = new App({
    outdir: settings.outdir,
    // 'inmemory': problems of a template are thrown with the report, not printed.
    context: { ...settings.context, '@aws-cdk/core:appMode': 'inmemory' },
    analyticsReporting: false,
    treeMetadata: false,
  });
  const data = new DataStack(app, stage, settings);
  const service = new ServiceStack(app, stage, data, settings);
  acknowledgeFindings(stage, data, service);
  return { app, data, service };
}
