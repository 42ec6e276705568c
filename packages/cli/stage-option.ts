import { Failure, messageOf } from './command.ts';

/** The option that names a stage of infra/stages. */
export const stageOption = {
  stage: { type: 'string', value: 'NAME', text: 'The stage, as its file in infra/stages is named', required: true },
} as const;

/** The checked settings of the stage that was typed. Throws Failure that lists the stages, or what is wrong with this one's settings. */
export async function typedStage(name: string) {
  const { stageNamed } = await import('@secor/infra/stages');
  try {
    return stageNamed(name);
  } catch (error) {
    throw new Failure(messageOf(error));
  }
}
