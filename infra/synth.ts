import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createApp } from './app.ts';
import { BUNDLES, bundleFunctions } from './bundle.ts';
import type { Deployment } from './deployment.ts';
import { stageNamed, stageNames } from './stages.ts';

const root = resolve(import.meta.dirname, '..');

/** Where the templates and assets go unless told otherwise. */
export const CDK_OUT = join(root, 'cdk.out');

/**
 * Bundles the functions and writes a stage's templates and assets. Works offline.
 *
 * @param stage one of `stageNames`
 * @param outdir the folder to write to: `secor-<stage>-data.template.json`, `secor-<stage>-service.template.json`, their assets
 * @param deployment what is on AWS already; told nothing, the stage is deployed again, and SES is ready for invitations
 * @throws Error that lists the stages, or what is wrong with the stage's settings, a handler, or the templates
 */
export async function synthesize(stage: string, outdir: string = CDK_OUT, deployment: Deployment = {}): Promise<void> {
  const checked = stageNamed(stage);
  await bundleFunctions();
  const { app } = createApp(checked, { ...deployment, bundles: BUNDLES, outdir, context: await featureFlags() });
  app.synth();
}

/** The feature flags of cdk.json. */
export async function featureFlags(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(root, 'cdk.json'), 'utf8')).context;
}

if (import.meta.main) {
  const help = `Bundles the functions and writes the templates of a stage to cdk.out.

  npm run synth                     stage dev
  npm run synth -- --stage prod     one of ${stageNames.join(', ')}`;
  try {
    const { values } = parseArgs({
      options: { stage: { type: 'string', default: 'dev' }, help: { type: 'boolean', default: false } },
    });
    if (values.help) {
      console.log(help);
    } else {
      const begun = performance.now();
      await synthesize(values.stage);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      console.log(`${relative(process.cwd(), CDK_OUT) || '.'}: stage ${values.stage}, in ${seconds} s`);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
