import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHECKSUM_ALGORITHMS, startChecksum } from './checksum.ts';

test.each([
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
  ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
] as const)('%s of 123456789 is its published check value', (algorithm, expected) => {
  const checksum = startChecksum(algorithm);
  checksum.update(Buffer.from('123456789'));
  expect(checksum.digest().toString('hex')).toBe(expected);
});

test('a checksum does not depend on how the bytes are cut into chunks', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CHECKSUM_ALGORITHMS), fc.array(fc.uint8Array()), (algorithm, chunks) => {
      const cut = startChecksum(algorithm);
      for (const chunk of chunks) cut.update(chunk);
      const whole = startChecksum(algorithm);
      whole.update(Buffer.concat(chunks));
      expect(cut.digest()).toEqual(whole.digest());
    }),
  );
});
