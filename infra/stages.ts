import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkStage, type Stage } from './stage.ts';

/** Where each stage has its file; `secor stage new` writes one. */
export const STAGES = join(import.meta.dirname, 'stages');

/** The stages there are: the files of `stages/`. */
export const stageNames: readonly string[] = readdirSync(STAGES)
  .filter((file) => /^[^.]+\.ts$/.test(file))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

// A file that can't be read causes an error only when its own stage is used; the error names the file.
const files = new Map(
  await Promise.all(
    stageNames.map(async (name) => {
      const reading: Promise<{ readonly default?: unknown }> = import(pathToFileURL(join(STAGES, `${name}.ts`)).href);
      const [file] = await Promise.allSettled([reading]);
      return [name, file] as const;
    }),
  ),
);

/**
 * The checked settings of a stage.
 *
 * @throws Error that lists the stages when there is none of this name, names its file when that can't be read, or tells all that is
 * wrong with its settings
 */
export function stageNamed(name: string): Stage {
  const file = files.get(name);
  if (file === undefined) {
    throw new Error(`There is no stage '${name}'. The stages are ${stageNames.join(', ')}: see infra/stages/.`);
  }
  if (file.status === 'rejected') {
    throw new Error(`infra/stages/${name}.ts can't be read: ${file.reason}`);
  }
  return checkStage(name, file.value.default);
}
