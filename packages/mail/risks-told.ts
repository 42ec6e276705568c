import { dateInWords, type Risk } from '@secor/certification';
import { type CycleFacts, employerName, eventOf } from './facts.ts';
import type { Draft, Item } from './layout.ts';
import { counted } from './wording.ts';

/** To the administrators: what is newly at risk for an employer, by when, and what to do. */
export function risksTold(facts: CycleFacts): Draft {
  const { added } = eventOf(facts, 'risks changed').data;
  const { employer, assessors } = facts;
  const name = employerName(employer);
  const found = counted(added.length, 'new risk');
  return {
    subject: `At risk: ${name}, ${found}`,
    tone: 'bad',
    title: `${found} for ${name}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `${
          added.every(({ risk }) => risk === 'binder not entered')
            ? `An audit of ${name} came by mail, and waits to be entered.`
            : `The SECOR certificate of ${name}, or its renewal, is at risk.`
        } Each risk is reported once, when it arises.`,
      },
      {
        kind: 'facts',
        facts: [
          ['Employer', name],
          ['WCB account', employer.wcbAccount],
          ['Contact', employer.contact.name],
          ['Assessors', assessors.length === 0 ? 'nobody' : assessors.map((assessor) => assessor.name).join(', ')],
        ],
      },
      { kind: 'heading', text: 'What is at risk, and what to do' },
      { kind: 'steps', items: added.map((risk) => riskItem(risk, facts)) },
    ],
  };
}

const dueInWords: Readonly<Record<NonNullable<Risk['kind']>, string>> = {
  maintenance: 'a maintenance audit',
  're-certification': 'the re-certification',
};

/** What is due and when: 'a maintenance audit is due by 31 May 2027'. */
function due({ kind = 're-certification', dueOn }: Risk): string {
  return `${dueInWords[kind]} is due${dueOn === undefined ? '' : ` by ${dateInWords(dueOn)}`}`;
}

const items: Readonly<Record<Risk['risk'], (risk: Risk, facts: CycleFacts) => Item>> = {
  'nothing registered': (risk) => ({
    label: `No audit is registered, and ${due(risk)}`,
    text: `Call the contact or the assessor, and ask for a ${risk.kind === 'maintenance' ? 'maintenance' : 'certification'} audit that ends by then.`,
  }),
  'mail to the contact failed': (_, { employer: { contact, secondContact } }) => ({
    label: `Mail to the contact, ${contact.name}, does not arrive`,
    text:
      secondContact === undefined
        ? 'No other contact gets the letters. Call the employer, and record a working address and a second contact.'
        : `Letters go to the second contact, ${secondContact.name}. Call the employer, and record a working address.`,
  }),
  'mail to an assessor failed': (_, { assessors }) => ({
    label: `Mail to ${assessors.flatMap(({ name, undeliverableSince }) => (undeliverableSince === undefined ? [] : [name])).join(', ')} does not arrive`,
    text: "Letters that ask the assessor to do something go to the employer's contact until a working address is recorded. Call the assessor, and record one.",
  }),
  "assessor's status ends": (risk) => ({
    label: `No assessor's status lasts until then: ${due(risk)}`,
    text: 'Ask an assessor of the employer to complete a refresher course before then, or ask the employer to name another assessor.',
  }),
  'no assessor': () => ({
    label: 'No assessor acts for the employer',
    text: 'Without an assessor, no audit can be registered. Ask the employer to name one, and record that this person acts for it.',
  }),
  'too many employees': ({ dueOn }, { employer: { employees } }) => ({
    label: `${counted(employees, 'employee')}: too many for the next certification audit`,
    text: `The certificate stays until it expires${dueOn === undefined ? '' : ` on ${dateInWords(dueOn)}`}, and maintenance audits are possible until then. Tell the employer how to move to the COR program.`,
  }),
  'binder not entered': ({ auditNumber = '', receivedOn }) => ({
    label: `The package of the binder of audit ${auditNumber} is not entered`,
    text: `The binder was received${receivedOn === undefined ? '' : ` on ${dateInWords(receivedOn)}`}. Enter its package: ask for an upload link of binder ${auditNumber}, and upload the package with it. If the audit is not to be done, withdraw it.`,
  }),
  'not in good standing': () => ({
    label: 'The employer is not in good standing',
    text: 'No audit can be registered until it is. Settle what is open with the employer, then record that it is in good standing.',
  }),
};

function riskItem(risk: Risk, facts: CycleFacts): Item {
  return items[risk.risk](risk, facts);
}
