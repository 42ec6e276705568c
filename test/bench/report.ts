import { currentAssembly, samplePeople } from '@secor/cli';
import { accept, askForLink, untilAssigned, untilLaidOut, upload } from '@secor/cli/play-audit';
import { apiClient } from '@secor/contracts';
import { inFreshCloud, newAudit } from './bench-cloud.ts';
import { type Row, row } from './row.ts';

const patience = { limitMs: 15_000 };

/** The first report of an instance, which loads pdfkit, and the next one. */
export async function rows(): Promise<readonly Row[]> {
  return inFreshCloud('report', await currentAssembly(), async (cloud, folder) => {
    const reviewers = await Promise.all(
      samplePeople.reviewers.map(async ({ email }) =>
        apiClient(cloud.apiUrl, await cloud.token({ email, groups: ['reviewer'] })),
      ),
    );
    const times: number[] = [];
    cloud.on('ended', ({ functionName, durationMs, error }) => {
      if (functionName === 'secor-dev-report' && error === undefined) times.push(durationMs);
    });
    for (let report = 0; report < 2; report += 1) {
      const { assessor, auditNumber, file } = await newAudit(cloud, folder, { count: 12, bytes: 2 ** 20 });
      await upload(file, await askForLink(assessor, auditNumber));
      const reviewer = reviewers[await untilAssigned(reviewers, auditNumber, patience)];
      if (reviewer === undefined) throw new Error(`Audit ${auditNumber} has no reviewer.`);
      await accept(reviewer, await untilLaidOut(reviewer, auditNumber, patience));
      await cloud.quiet();
    }
    const [first, next] = times;
    if (first === undefined || next === undefined) throw new Error('the reports were not made: see the log of report');
    return [row('first report, pdfkit loaded', first, 'ms'), row('next report', next, 'ms')];
  });
}
