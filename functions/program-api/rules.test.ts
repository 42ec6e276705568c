import { protocolById, protocolIds, ruleSetById, ruleSetIds, ruleSetOn } from '@secor/certification';
import { describe, expect, it } from 'vitest';
import { caller } from '../testing/desk.fixture.ts';
import { readProtocolCall, readRuleSetCall } from './rules.ts';

const asked = {
  ...{ caller: caller('robin', 'assessor'), at: '2026-11-23T18:00:00.000Z', ifMatch: 0 },
  ...{ query: undefined, body: undefined, idempotency: () => undefined },
};
const readProtocol = (protocol: string) => readProtocolCall()({ ...asked, parameters: { protocol } });
const readRuleSet = (ruleSet: string) => readRuleSetCall()({ ...asked, parameters: { ruleSet } });

describe('a protocol', () => {
  it.each(protocolIds)('%s is shown whole: every element and question, with all that scores it', async (id) => {
    const shown = await readProtocol(id);
    const elements = shown.elements.map(({ element, questions, ...titled }) => ({
      id: element,
      ...titled,
      questions: questions.map(({ question, ...rest }) => ({ id: question, ...rest })),
    }));
    expect({ id: shown.protocol, title: shown.title, elements }).toEqual(protocolById(id));
  });

  it('that there is not is 404, with those that there are', async () => {
    await expect(readProtocol('secor-1999')).rejects.toMatchObject({
      details: { status: 404, detail: 'There is no protocol secor-1999. The protocols are secor-2015, secor-2020.' },
    });
  });
});

describe('a rule set', () => {
  it.each(ruleSetIds)('%s is shown whole: every number, with its source and its sentence', async (id) => {
    const { ruleSet, from, rules } = await readRuleSet(id);
    expect({ id: ruleSet, from, ...rules }).toEqual(ruleSetById(id));
  });

  it('of today has what a page judges by', async () => {
    const { rules } = await readRuleSet(ruleSetOn('2026-11-23').id);
    expect(rules).toMatchObject({
      certificationOverallPercent: { value: 80, source: 'N' },
      protocol: { value: 'secor-2020', source: 'A' },
      expiryReminderDays: { value: [90, 60, 30, 7] },
    });
  });

  it('that there is not is 404, with those that there are', async () => {
    await expect(readRuleSet('rules-1999')).rejects.toMatchObject({
      details: { status: 404, detail: 'There is no rule set rules-1999. The rule sets are rules-2015, rules-2020.' },
    });
  });
});
