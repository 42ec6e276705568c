import * as v from 'valibot';

/** One thing that is wrong, with the place where it stands. */
export const ProblemEntry = v.object({ place: v.string(), message: v.string() });
export type ProblemEntry = v.InferOutput<typeof ProblemEntry>;

/** An error for people and programs, as RFC 9457 has it; `problems` lists all that is wrong at once. */
export const ProblemDetails = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  problems: v.optional(v.array(ProblemEntry)),
});
export type ProblemDetails = v.InferOutput<typeof ProblemDetails>;
