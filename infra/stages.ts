import { checkStage, type Stage } from './stage.ts';
import { dev } from './stages/dev.ts';
import { prod } from './stages/prod.ts';
import { staging } from './stages/staging.ts';

const stages = { dev, staging, prod };

/** The stages there are. A new one is a file in `stages/` and its name above. */
export const stageNames: readonly string[] = Object.keys(stages);

/**
 * The checked settings of a stage.
 *
 * @throws Error that lists the stages when there is none of this name, or all that is wrong with its settings
 */
export function stageNamed(name: string): Stage {
  const found = Object.entries(stages).find(([known]) => known === name);
  if (!found) {
    throw new Error(`There is no stage '${name}'. The stages are ${stageNames.join(', ')}: see infra/stages/.`);
  }
  return checkStage(...found);
}
