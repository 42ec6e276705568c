import { protocolById, protocolIds, type Rule, ruleSetById, ruleSetIds } from '@secor/certification';
import { type EndpointHandler, HttpProblem } from '@secor/lambda';
import { protocolQuestion } from '../shared/audit-views.ts';
import { say } from '../shared/sentences.ts';

/** Shows a protocol to whoever has signed in: nothing of it is about a person. */
export function readProtocolCall(): EndpointHandler<'readProtocol'> {
  return async ({ parameters }) => {
    const protocol = protocolById(parameters.protocol);
    if (protocol === undefined)
      throw new HttpProblem(
        404,
        say('no-protocol', { protocol: parameters.protocol, protocols: protocolIds.join(', ') }),
      );
    return {
      protocol: protocol.id,
      title: protocol.title,
      elements: protocol.elements.map(({ id, title, questions }) => ({
        element: id,
        title,
        questions: questions.map(protocolQuestion),
      })),
    };
  };
}

/** Shows a rule set to whoever has signed in. */
export function readRuleSetCall(): EndpointHandler<'readRuleSet'> {
  return async ({ parameters }) => {
    if (!ruleSetIds.includes(parameters.ruleSet))
      throw new HttpProblem(404, say('no-rule-set', { ruleSet: parameters.ruleSet, ruleSets: ruleSetIds.join(', ') }));
    const { id, from, ...rules } = ruleSetById(parameters.ruleSet);
    const entries = Object.entries<Rule<number | string | readonly number[]>>(rules);
    return {
      ruleSet: id,
      from,
      rules: Object.fromEntries(
        entries.map(([name, { value, source, text }]) => [
          name,
          { value: typeof value === 'object' ? [...value] : value, source, text },
        ]),
      ),
    };
  };
}
