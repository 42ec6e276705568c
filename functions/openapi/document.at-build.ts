import { createHash } from 'node:crypto';
import { openApiDocument } from '@secor/contracts/openapi';

// Stands for the issuer, which only the stage knows.
const placeholder = 'https://issuer.invalid';
const document = JSON.stringify(openApiDocument({ issuer: placeholder }));

/** The description of the API as JSON, in the parts between which the issuer stands. */
export const parts: readonly string[] = document.split(placeholder);
/** Differs for every other description. */
export const digest = createHash('sha256').update(document).digest('base64url');
