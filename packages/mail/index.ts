export {
  type AnsweredNote,
  answeredNotes,
  type LetterFacts,
  type Partner,
  type Person,
  type Recipient,
  type RecipientRole,
  recipientsOf,
} from './facts.ts';
export type { Letter } from './layout.ts';
export { type LetterName, lettersFor, writeLetter } from './letters.ts';
export { mimeMessage } from './mime-message.ts';
