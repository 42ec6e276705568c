import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { messageOf } from '../message-of.ts';
import { Reader } from './reader.ts';

/** One stack of a synthesized app. */
export type Stack = {
  readonly name: string;
  /** The template as synthesized: intrinsics unresolved. */
  readonly template: JsonObject;
};

/** What `cdk synth` wrote: the stacks in the order in which they deploy, and where the bundles lie. */
export type Assembly = {
  readonly region: string;
  readonly accountId: string;
  readonly stacks: readonly Stack[];
  /** The directory (or file) of the asset that is uploaded under this object key ("<hash>.zip"); undefined when there is none. */
  asset(objectKey: string): string | undefined;
};

/** What a stage without a fixed environment gets. */
const unknownEnvironment = { region: 'ca-central-1', accountId: '000000000000' };

/**
 * Reads a cloud assembly (`cdk.out`).
 *
 * @param directory path of the directory with `manifest.json`
 * @throws Error naming the directory when it is no assembly, and when its stacks are meant for different accounts or regions
 */
export function readAssembly(directory: string): Assembly {
  const stacks = new Map<string, Stack & { readonly dependencies: readonly string[]; readonly artifact: string }>();
  const assets = new Map<string, string>();
  const environments = new Set<string>();

  const readDirectory = (path: string): void => {
    const file = join(path, 'manifest.json');
    if (!existsSync(file))
      throw new Error(`${path} is no synthesized app: manifest.json is missing. Run "npm run synth" first.`);
    const artifacts = new Reader(readJson(file), file).object('artifacts');
    for (const id of Object.keys(artifacts.value)) {
      const artifact = artifacts.object(id);
      const properties = artifact.optionalObject('properties');
      switch (artifact.text('type')) {
        case 'aws:cloudformation:stack': {
          const templateFile = join(path, artifact.object('properties').text('templateFile'));
          const template = readJson(templateFile);
          if (!isObject(template)) throw new Error(`${templateFile} holds no template.`);
          environments.add(artifact.text('environment'));
          stacks.set(id, {
            name: properties?.optionalText('stackName') ?? id,
            template,
            dependencies: artifact.texts('dependencies'),
            artifact: id,
          });
          break;
        }
        case 'cdk:asset-manifest':
          readAssets(path, join(path, artifact.object('properties').text('file')));
          break;
        case 'cdk:cloud-assembly':
          readDirectory(join(path, artifact.object('properties').text('directoryName')));
          break;
        default: // cdk:tree and the like describe the app; nothing is deployed from them
      }
    }
  };

  const readAssets = (path: string, file: string): void => {
    const files = new Reader(readJson(file), file).optionalObject('files');
    for (const id of Object.keys(files?.value ?? {})) {
      const asset = files?.object(id);
      const source = asset?.optionalObject('source')?.optionalText('path');
      const destinations = asset?.optionalObject('destinations');
      for (const destination of Object.keys(destinations?.value ?? {})) {
        const key = destinations?.object(destination).text('objectKey');
        if (source !== undefined && key !== undefined) assets.set(key, join(path, source));
      }
    }
  };

  readDirectory(directory);
  if (stacks.size === 0) throw new Error(`${directory} holds no stack. Run "npm run synth" first.`);
  if (environments.size > 1) {
    throw new Error(
      `${directory}: the stacks are meant for ${[...environments].join(' and ')}; the local cloud supports one account and region.`,
    );
  }

  const ordered: Stack[] = [];
  const visit = (id: string): void => {
    const stack = stacks.get(id);
    if (stack === undefined || ordered.some(({ name }) => name === stack.name)) return;
    for (const dependency of stack.dependencies) visit(dependency);
    ordered.push({ name: stack.name, template: stack.template });
  };
  for (const id of stacks.keys()) visit(id);

  return {
    ...environmentOf([...environments][0] ?? ''),
    stacks: ordered,
    asset: (objectKey) => assets.get(objectKey),
  };
}

function environmentOf(text: string): { region: string; accountId: string } {
  const [, accountId = '', region = ''] = /^aws:\/\/([^/]+)\/(.+)$/.exec(text) ?? [];
  return {
    region: region === '' || region === 'unknown-region' ? unknownEnvironment.region : region,
    accountId: accountId === '' || accountId === 'unknown-account' ? unknownEnvironment.accountId : accountId,
  };
}

function readJson(file: string): Json {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Json;
  } catch (error) {
    throw new Error(`${file} can't be read as JSON (${messageOf(error)}). Run "npm run synth" again.`);
  }
}

/**
 * An assembly with only the stacks of these names; with all when there are none given.
 *
 * @throws Error naming a stack that is not in the assembly
 */
export function withStacks(assembly: Assembly, names: readonly string[] | undefined): Assembly {
  const stacks = assembly.stacks.filter(({ name }) => names === undefined || names.includes(name));
  const unknown = names?.find((name) => !stacks.some((stack) => stack.name === name));
  if (unknown !== undefined) {
    const known = assembly.stacks.map(({ name }) => name).join(', ');
    throw new Error(`There is no stack "${unknown}" in the assembly. It holds ${known}.`);
  }
  return { ...assembly, stacks };
}
