import { join } from 'node:path';
import { currentAssembly } from '@secor/cli';
import { createApp } from '../../infra/app.ts';
import { BUNDLES } from '../../infra/bundle.ts';
import type { Stage } from '../../infra/stage.ts';
import { stageNamed } from '../../infra/stages.ts';
import { featureFlags } from '../../infra/synth.ts';

/** Synthesizes the stage `dev` with some of its settings changed, with its true bundles; gives the assembly's folder. */
export async function assemblyOfDev(change: (dev: Stage) => Stage, folder: string): Promise<string> {
  // With it the bundles are made.
  await currentAssembly();
  const outdir = join(folder, 'cdk.out');
  createApp(change(stageNamed('dev')), { bundles: BUNDLES, outdir, context: await featureFlags() }).app.synth();
  return outdir;
}
