import { assessorStatus } from '../assessor/status.ts';
import { type Completion, courseById } from '../course/catalogue.ts';
import { ruleSetById } from '../rules/rule-set.ts';
import { cite, dateFact, type Explanation, fact } from './explanation.ts';
import { reason, subject, value } from './sentences.ts';

/**
 * Explains an assessor's status as of a day [N]: whether it holds, the course that it rests on, and its last day.
 * @param completions in any order
 * @param today business date
 */
export function explainStatus(completions: readonly Completion[], today: string): Explanation[] {
  const status = assessorStatus(completions, today);
  const known = fact('courses completed by then', completions.filter(({ completedOn }) => completedOn <= today).length);
  const what = subject('status', { on: today });
  if (!('through' in status))
    return [
      {
        what,
        value: value('none'),
        because: reason('never-trained'),
        rules: [],
        facts: known,
      },
    ];
  const { holds, through, restsOn } = status;
  const course = courseById(restsOn.courseId)?.title ?? restsOn.courseId;
  const ruleSet = ruleSetById(status.ruleSet);
  const rules = cite(ruleSet, ruleSet.refresherYears);
  const facts = [...fact('latest course', course), ...dateFact('completed', restsOn.completedOn), ...known];
  return [
    {
      what,
      value: value('name', { name: holds ? 'holds' : 'ended' }),
      because: reason(holds ? 'status-holds' : 'status-ended', { through }),
      rules,
      facts,
    },
    {
      what: subject('last-day-of-status'),
      value: value('date', { date: through }),
      because: reason('latest-course', { course, completedOn: restsOn.completedOn }),
      rules,
      facts,
    },
  ];
}
