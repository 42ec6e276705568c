import { asJson, command, dateOf } from '../command.ts';
import { table } from '../format.ts';
import { readPages } from '../read-pages.ts';
import { samplePeople } from '../sample-people.ts';
import { apiOptions, jsonOption, signedIn, staffOptions } from '../sign-in.ts';

/** `secor queue`: the review queue in its order. */
export const queue = command({
  name: 'queue',
  summary: "List the review queue in its order: what is yours or nobody's, or as asked",
  usage: 'secor queue [--reviewer me|nobody|ID] [--state STATE] [--before DATE] [--api URL --token TOKEN]',
  example: 'secor queue --reviewer me --state "pending review"',
  options: {
    reviewer: { type: 'string', value: 'ID', text: 'Whose: me, nobody, or the id of a reviewer' },
    state: {
      type: 'string',
      choices: ['pending review', 'in review', 'awaiting revision'],
      text: 'Only audits in this state',
    },
    before: { type: 'string', value: 'DATE', text: 'Only audits that arrived before this day' },
    ...staffOptions,
    ...apiOptions(samplePeople.reviewers[0].email),
    ...jsonOption('the entries'),
  },
  async run({ options }, io) {
    const { reviewer, state, before } = options;
    const query = {
      ...(reviewer === undefined ? {} : { reviewer }),
      ...(state === undefined ? {} : { state }),
      ...(before === undefined ? {} : { arrivedBefore: dateOf('before', before) }),
    };
    const staff = await signedIn(options, options.role, io);
    const entries = await readPages(
      (cursor) => staff('listQueue', { query: { ...query, cursor } }),
      (page) => page.entries,
    );
    if (options.json) io.out(asJson({ entries }));
    else if (entries.length === 0) io.out('Nothing waits there.\n');
    else
      io.out(
        table([
          ['Audit', 'Kind', 'Employer', 'State', 'Round', 'Assigned', 'Arrived', 'Due'],
          ...entries.map((entry) => [
            entry.auditNumber,
            entry.kind,
            entry.legalName,
            entry.state,
            `${entry.round}`,
            entry.assigned === 'to another reviewer'
              ? `to ${entry.reviewerName ?? 'another reviewer'}`
              : entry.assigned,
            entry.arrivedOn,
            entry.dueOn ?? '–',
          ]),
        ]),
      );
    return 0;
  },
});
