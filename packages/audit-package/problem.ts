/** One thing that is wrong with a package, for the person who sent it. */
export type Problem = {
  /** Its place: 'Question 3.2', 'evidence/photo.jpg', 'audit.json, endedOn', 'Archive'. */
  readonly place: string;
  /** What is wrong and what helps, without the place. */
  readonly message: string;
};

const maxShown = 80;
const maxProblems = 1_000;
// A letter lists them all.
const maxProblemBytes = 256 * 1024;
// Made at first use: an Intl object at load would cost every start of intake.
let order: Intl.Collator | undefined;
// Control and formatting characters (line breaks, right-to-left marks), which could make a name look like another; and what is no character.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** A name or value as it may be shown to people: control characters made visible, the middle cut out of long ones. */
export function shown(name: string): string {
  const characters = Array.from(name.length > 1_000 ? name.slice(0, 500) + name.slice(-500) : name);
  const short =
    characters.length <= maxShown
      ? name
      : `${characters.slice(0, maxShown - 30).join('')}…${characters.slice(-29).join('')}`;
  return short.replace(invisible, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A number of things in words: "1 byte", "2 bytes". */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? thing : things}`;
}

/** Collects what is wrong, up to 1,000 problems and 256 KiB of text. */
export class Problems {
  readonly #found = new Map<string, Problem>();
  #bytes = 0;
  #more = false;

  add(place: string, message: string): void {
    const key = `${place}\n${message}`;
    if (this.#more || this.#found.has(key)) return;
    this.#bytes += Buffer.byteLength(key);
    if (this.#found.size < maxProblems && this.#bytes <= maxProblemBytes) this.#found.set(key, { place, message });
    else this.#more = true;
  }

  /** Each problem once, by place and then by message: "Question 3.9" before "Question 3.10". */
  sorted(): Problem[] {
    const found = [...this.#found.values()];
    if (this.#more) {
      found.push({
        place: 'Archive',
        message: `more than ${counted(this.#found.size, 'problem')}: correct these, and check again`,
      });
    }
    order ??= new Intl.Collator('en', { numeric: true });
    const { compare } = order;
    return found.sort((a, b) => compare(a.place, b.place) || compare(a.message, b.message));
  }
}
