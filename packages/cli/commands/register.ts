import { asJson, command } from '../command.ts';
import { register as registerAudit } from '../play-audit.ts';
import { samplePeople } from '../sample-people.ts';
import { apiOptions, jsonOption, signedIn } from '../sign-in.ts';

/** `secor register`: registers an audit, or tells every reason against it. */
export const register = command({
  name: 'register',
  summary: 'Register an audit of an employer and get its audit number',
  usage: 'secor register --employer ID --kind certification|maintenance [--api URL --token TOKEN]',
  example: `secor register --employer ${samplePeople.employers[0].employerId} --kind certification`,
  options: {
    employer: { type: 'string', value: 'ID', text: 'The employer for whom you act', required: true },
    kind: { type: 'string', choices: ['certification', 'maintenance'], text: 'The kind of audit', required: true },
    ...apiOptions(samplePeople.assessors[0].email),
    ...jsonOption('the audit'),
  },
  async run({ options }, io) {
    const { employer, kind } = options;
    const assessor = await signedIn(options, 'assessor', io);
    const audit = await registerAudit(assessor, employer, kind);
    if (options.json) io.out(asJson(audit));
    else
      io.out(
        [
          `Registered ${kind} audit ${audit.auditNumber} of ${employer}. It answers protocol ${audit.protocol}.`,
          `Check the package:  secor package check FILE --audit ${audit.auditNumber} --kind ${kind}`,
          `Submit it:          secor submit FILE --audit ${audit.auditNumber}`,
          '',
        ].join('\n'),
      );
    return 0;
  },
});
