import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { App } from 'aws-cdk-lib';
import { bundleFunctions } from '../../../infra/bundle.ts';
import { BareStack } from './stack.ts';

/**
 * An assembly with the app's stacks and those of the bare pipeline, so that both run in one local cloud.
 *
 * @param app the app's assembly
 * @param environment account and region of the app
 * @param folder where it goes; it lies in the repository, so that the packages are found from there
 */
export async function withBarePipeline(
  app: string,
  environment: { readonly account: string; readonly region: string },
  folder: string,
): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const bundles = join(folder, 'bundles');
  await bundleFunctions(import.meta.dirname, bundles);
  const outdir = join(folder, 'bare');
  const cdk = new App({ outdir, analyticsReporting: false, treeMetadata: false });
  new BareStack(cdk, environment, bundles);
  cdk.synth();

  const nested = (directory: string) => ({
    type: 'cdk:cloud-assembly',
    properties: { directoryName: relative(folder, directory) },
  });
  const manifest = { version: '55.0.0', artifacts: { app: nested(app), bare: nested(outdir) } };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}
