import { addDays } from '../calendar.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { type Cycle, openAudits } from './cycle.ts';

/** The audits whose binder is not entered yet, each with the day from which that is a risk. */
export function bindersToEnter(
  cycle: Pick<Cycle, 'audits'>,
): readonly { auditNumber: string; receivedOn: string; riskFrom: string }[] {
  return openAudits(cycle).flatMap(({ auditNumber, registeredOn, arrivedOn: receivedOn, awaitsEntry }) => {
    if (awaitsEntry !== true || receivedOn === undefined) return [];
    // Of a binder, the day of its registration is that of its postmark.
    const { binderEntryDays } = ruleSetOn(registeredOn);
    return [{ auditNumber, receivedOn, riskFrom: addDays(receivedOn, binderEntryDays.value) }];
  });
}
