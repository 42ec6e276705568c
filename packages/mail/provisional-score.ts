import type { AuditEvent } from '@secor/certification';
import type { Block } from './layout.ts';
import { counted, scoreInWords, shortfallItems } from './wording.ts';

type Accepted = Extract<AuditEvent, { readonly type: 'package accepted' }>;

/** What a package scores before its review, row by row. */
export function provisionalRows({ data }: Accepted): [label: string, value: string][] {
  return [
    ['Provisional score overall', scoreInWords(data.awarded, data.available)],
    ['Provisional result', data.result === 'passed' ? 'would pass' : 'would not pass'],
  ];
}

/** What a package misses and what the reviewer is warned of; nothing when there is neither. */
export function missedAndWarned({ data }: Accepted): Block[] {
  const { result, shortfalls, warnings } = data;
  const missing: Block[] =
    result === 'passed'
      ? []
      : [
          { kind: 'heading', text: 'What is missing' },
          { kind: 'paragraph', text: 'With this score the audit would not pass. It misses these minimums:' },
          { kind: 'list', items: shortfallItems(shortfalls) },
          {
            kind: 'paragraph',
            text: 'You can upload a corrected package until the review begins. Ask for a new upload link; the new package replaces this one as the next revision.',
          },
        ];
  const warned: Block[] =
    warnings.length === 0
      ? []
      : [
          { kind: 'heading', text: `${counted(warnings.length, 'warning')} that the reviewer sees` },
          { kind: 'list', items: warnings.map(({ message }) => ({ text: message })) },
        ];
  return [...missing, ...warned];
}
