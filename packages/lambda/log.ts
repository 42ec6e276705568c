import { Logger } from '@aws-lambda-powertools/logger';

/** The logger of every function: JSON lines with ids only, never a name, an address or what a person wrote. */
export const log = new Logger();
