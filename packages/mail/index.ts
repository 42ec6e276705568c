export type { LetterFacts, Partner, Recipient } from './facts.ts';
export type { Letter } from './layout.ts';
export { type LetterName, lettersFor, writeLetter } from './letters.ts';
export { mimeMessage } from './mime-message.ts';
