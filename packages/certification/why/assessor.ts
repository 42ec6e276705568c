import { assessorStatus } from '../assessor/status.ts';
import { dateInWords } from '../calendar.ts';
import { type Completion, courseById } from '../course/catalogue.ts';
import { ruleSetById } from '../rules/rule-set.ts';
import { cite, dateFact, type Explanation, fact } from './explanation.ts';

/**
 * Explains an assessor's status as of a day [N]: whether it holds, the course that it rests on, and its last day.
 * @param completions in any order
 * @param today business date
 */
export function explainStatus(completions: readonly Completion[], today: string): Explanation[] {
  const status = assessorStatus(completions, today);
  const known = fact('courses completed by then', completions.filter(({ completedOn }) => completedOn <= today).length);
  const what = `Assessor status on ${dateInWords(today)}`;
  if (!('through' in status))
    return [
      {
        what,
        value: 'none',
        because: 'There is no status without the initial training, and none was completed by that day.',
        rules: [],
        facts: known,
      },
    ];
  const { holds, through, restsOn } = status;
  const course = courseById(restsOn.courseId)?.title ?? restsOn.courseId;
  const ruleSet = ruleSetById(status.ruleSet);
  const rules = cite(ruleSet, ruleSet.refresherYears);
  const rest = `${course}, completed on ${dateInWords(restsOn.completedOn)}`;
  const facts = [...fact('latest course', course), ...dateFact('completed', restsOn.completedOn), ...known];
  return [
    {
      what,
      value: holds ? 'holds' : 'ended',
      because: holds
        ? `It is valid through ${dateInWords(through)}, and that day has not passed.`
        : `It was valid through ${dateInWords(through)}, and no course completed since then renews it.`,
      rules,
      facts,
    },
    {
      what: 'Last day of the assessor status',
      value: dateInWords(through),
      because: `It is counted from the latest of the initial training and any refresher: ${rest}.`,
      rules,
      facts,
    },
  ];
}
