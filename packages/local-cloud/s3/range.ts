import { refusal } from './refusal.ts';

/** Bytes from start to end, both included. */
type ByteRange = { readonly start: number; readonly end: number };

/**
 * The bytes that a Range header asks for: `bytes=0-99`, `bytes=100-`, `bytes=-22` (the last 22).
 * Undefined when it has to be overlooked (another unit, several ranges, no sense); throws InvalidRange when it lies beyond the object.
 */
export function byteRange(value: string | undefined, size: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(value?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start <= end) return { start, end };
  throw refusal(
    'InvalidRange',
    'The requested range is not satisfiable',
    416,
    { RangeRequested: value ?? '', ActualObjectSize: size },
    { 'content-range': `bytes */${size}` },
  );
}
