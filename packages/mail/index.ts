export {
  type AnsweredNote,
  type AssessorFacts,
  type AuditFacts,
  answeredNotes,
  type CycleFacts,
  hindranceOf,
  type LetterFacts,
  type Partner,
  type Person,
  type ReachedEmployer,
  type Recipient,
  type RecipientRole,
  recipientsOf,
  type SessionFacts,
} from './facts.ts';
export type { Letter } from './layout.ts';
export {
  type AddressedLetter,
  addressedLetters,
  draftLetter,
  type LetterName,
  lettersFor,
  writeLetter,
} from './letters.ts';
export { mimeMessage } from './mime-message.ts';
