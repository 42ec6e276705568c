import { mediaTypes } from '@secor/audit-package';
import { type EndpointHandler, HttpProblem } from '@secor/lambda';
import { readContent, readRevision } from '@secor/store';
import { readableAudit } from '../shared/access.ts';
import { say } from '../shared/sentences.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Reads a revision as its assessor sent it: the answers, and the documents with size and CRC-32, by which a program finds the files
 * that it came from. Nothing of the review is in it.
 */
export function readRevisionCall({ store, records }: Dependencies): EndpointHandler<'readRevision'> {
  return async ({ caller, parameters: { auditNumber, revision: asked } }) => {
    const { audit } = await readableAudit(store, caller, auditNumber);
    const summary = audit.revisions.find(({ revision }) => revision === (asked === 'latest' ? audit.revision : asked));
    const revision = summary && (await readRevision(store, auditNumber, summary.revision));
    if (summary === undefined || revision === undefined)
      throw new HttpProblem(
        404,
        asked === 'latest'
          ? say('no-revision-accepted', { auditNumber })
          : say('no-such-revision', { auditNumber, revision: asked }),
      );
    const { answers, declaration, documents } = await readContent(records, revision.content);
    return {
      auditNumber,
      revision: revision.revision,
      link: summary.link,
      arrivedAt: summary.arrivedAt,
      layout: summary.layout,
      protocol: audit.protocol,
      startedOn: revision.startedOn,
      endedOn: revision.endedOn,
      recordsMonths: revision.recordsMonths,
      declaration: { name: declaration.name, date: declaration.date },
      answers: answers.map((answer) => ({ ...answer, evidence: [...answer.evidence] })),
      documents: documents.map(({ path, type, entry }) => ({
        path,
        type: mediaTypes[type],
        bytes: entry.unpacked,
        crc32: entry.crc.toString(16).padStart(8, '0'),
      })),
    };
  };
}
