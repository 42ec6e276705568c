/** How long a repetition gets the first answer, unless that answer says otherwise. No schema stands here: what stores the answers loads none. */
export const keptHours = 24;
