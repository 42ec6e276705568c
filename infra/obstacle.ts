/** Why a command can't do its work (without a full stop at the end), and what to do about it (the text after a colon). */
export type Obstacle = { readonly says: string; readonly remedy: string };

/** Both as one sentence. */
export function sentenceOf({ says, remedy }: Obstacle): string {
  return `${says}: ${remedy}.`;
}
