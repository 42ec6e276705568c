import { advanceTold, createDayTeller } from '../advanced-days.ts';
import { command, dateOf, UsageError } from '../command.ts';
import { advanceCloud, businessToday, requireCloud } from '../running-cloud.ts';

/** `secor advance`: moves the business clock of the running local cloud day by day. */
export const advance = command({
  name: 'advance',
  summary: 'Move the local cloud to a later day, day by day, and show what happens',
  usage: 'secor advance --to DATE',
  example: 'secor advance --to 2029-06-01',
  options: {
    to: { type: 'string', value: 'DATE', text: 'The day to go to: YYYY-MM-DD, to noon', required: true },
  },
  async run({ options }, io) {
    const to = dateOf('to', options.to);
    const cloud = await requireCloud(io);
    const today = await businessToday(io);
    if (to < today)
      throw new UsageError(`--to ${to} is before ${today}, today's business date: the clock never goes back.`);
    const begun = performance.now();
    const teller = createDayTeller((line) => io.out(line));
    for await (const day of advanceCloud(cloud, to)) teller.day(day);
    io.out(advanceTold(teller.end(), to, performance.now() - begun));
    return 0;
  },
});
