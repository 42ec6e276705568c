import { describe, expect, it } from 'vitest';
import { timeline } from './timeline.ts';

describe('timeline', () => {
  it('writes each moment as it comes, in one table with a header, and keeps it', () => {
    const rows: string[] = [];
    const told = timeline((text) => rows.push(text), performance.now() - 1500);
    told.add('registered', 'HTTP API → assessor-api');
    told.add('uploaded', 'S3');
    const [header, ...lines] = rows;
    const at = header?.indexOf('what');
    expect(lines.map((line) => line.slice(at).trim())).toEqual(['registered', 'uploaded']);
    expect(told.moments.map(({ what, where }) => [what, where])).toEqual([
      ['registered', 'HTTP API → assessor-api'],
      ['uploaded', 'S3'],
    ]);
    const [first, second] = told.moments;
    expect(first?.milliseconds).toBeGreaterThanOrEqual(1500);
    expect(second?.milliseconds).toBeLessThan(1000);
  });
});
