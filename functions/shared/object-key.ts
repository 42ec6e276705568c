/** The key of an object, of which S3 tells in the form of a URL's query: a space is a plus sign. */
export function decodeObjectKey(told: string): string {
  return decodeURIComponent(told.replaceAll('+', ' '));
}
