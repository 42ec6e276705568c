import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { AssetManifestArtifact } from 'aws-cdk-lib/cx-api';
import { onTestFinished } from 'vitest';
import { createApp } from '../../infra/app.ts';
import type { Deployment } from '../../infra/deployment.ts';
import type { Stage } from '../../infra/stage.ts';
import { featureFlags } from '../../infra/synth.ts';

const functions = join(import.meta.dirname, '../../functions');

/** The functions there are: the folders with a handler. */
export const functionNames: readonly string[] = readdirSync(functions, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('/handler.ts'))
  .map((path) => dirname(path));

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'secor-infra-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A stage's app with a stand-in for each bundle: what is in them is no matter of the templates. */
export async function synthesized(stage: Stage, deployment: Deployment = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'secor-infra-'));
  try {
    for (const name of functionNames) {
      mkdirSync(join(folder, 'bundles', name), { recursive: true });
      writeFileSync(join(folder, 'bundles', name, 'index.mjs'), `export const handler = async () => '${name}';\n`);
    }
    const { app, data, service } = createApp(stage, {
      ...deployment,
      bundles: join(folder, 'bundles'),
      outdir: join(folder, 'cdk.out'),
      context: await featureFlags(),
    });
    const assembly = app.synth();
    const published = assembly.artifacts
      .filter(AssetManifestArtifact.isAssetManifestArtifact)
      .flatMap((manifest) => Object.values(manifest.contents.files ?? {}));
    return { stage, app, assembly, published, data: Template.fromStack(data), service: Template.fromStack(service) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The properties of a template's resources of one type, by logical id. */
export function propertiesOf<P>(template: Template, type: string): Map<string, P> {
  return new Map(Object.entries(template.findResources(type)).map(([id, resource]) => [id, resource.Properties as P]));
}

/** A value of a template as one readable line: `Table.Arn/index/GSI1`, what another stack tells by the name of its output. */
export function readable(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  const [[kind, argument] = ['', '']] = Object.entries(value);
  if (kind === 'Fn::Join' && Array.isArray(argument)) {
    return argument[1].map(readable).join(argument[0]);
  }
  if (kind === 'Fn::GetStackOutput') return String(argument.OutputName);
  return Array.isArray(argument) ? argument.join('.') : String(argument);
}
