import { maxNamedOthers } from '@secor/contracts';
import { type Fault, fault } from './sentences.ts';

/** Where something is wrong: an answer, by what it gives as its question, or anything else in words. */
export type Place = string | { readonly question: string };

/** A place as people read it, and the question by itself, so that a page can lead there. */
type Shown = {
  /** 'Question 3.2', 'evidence/photo.jpg', 'audit.json, endedOn', 'Archive'. */
  readonly place: string;
  readonly question?: string;
};

/** One thing that is wrong with a package, for the person who sent it; or, as a warning, what the reviewer should know. */
export type Problem = Fault &
  Shown & {
    /** The other places of which the same is true; the message names the first of them. */
    readonly others?: Shown[];
  };

const maxShown = 80;
const maxProblems = 1_000;
const maxProblemBytes = 256 * 1024;
// As many equal problems are told one by one; more are told as one, which names some of the other places.
const maxAlike = 4;
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

/** A problem with its sentence. */
export function problemAt<Code extends Fault['code']>(place: Place, what: Fault<Code>): Shown & Fault<Code> {
  return { ...placed(place), ...what };
}

function placed(place: Place): Shown {
  return typeof place === 'string' ? { place } : { place: `Question ${place.question}`, question: place.question };
}

/** Collects what is wrong, up to 1,000 problems and 256 KiB of text. */
export class Problems {
  readonly #found = new Map<string, Problem>();
  #bytes = 0;
  #more = false;

  add(place: Place, what: Fault): void {
    this.addProblem(problemAt(place, what));
  }

  addProblem(problem: Problem): void {
    const key = `${problem.place}\n${problem.message}`;
    if (this.#more || this.#found.has(key)) return;
    this.#bytes += Buffer.byteLength(key);
    if (this.#found.size < maxProblems && this.#bytes <= maxProblemBytes) this.#found.set(key, problem);
    else this.#more = true;
  }

  /**
   * Each problem once, by place and then by message: "Question 3.9" before "Question 3.10". Where the same is wrong in many places,
   * it is one problem with the list of them.
   */
  sorted(): Problem[] {
    order ??= new Intl.Collator('en', { numeric: true });
    const { compare } = order;
    const byPlace = (a: Problem, b: Problem) => compare(a.place, b.place) || compare(a.message, b.message);
    const told = joinAlike([...this.#found.values()].sort(byPlace));
    if (this.#more) told.push(problemAt('Archive', fault('more-problems', { told: this.#found.size })));
    return told.sort(byPlace);
  }
}

/** The problems, in which those with the same sentence in more than four places are one. */
function joinAlike(problems: readonly Problem[]): Problem[] {
  return [...Map.groupBy(problems, ({ message }) => message).values()].flatMap((alike) => {
    const [first, ...rest] = alike;
    if (first === undefined || alike.length <= maxAlike) return alike;
    const others = rest.map(({ place, question }) => ({ place, ...(question === undefined ? {} : { question }) }));
    const named = others.slice(0, maxNamedOthers).map(({ place }) => place);
    const more = others.length - named.length;
    const list = `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    return [{ ...first, message: `${first.message}. The same is true of ${others.length} more: ${list}`, others }];
  });
}
