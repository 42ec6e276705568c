import type { Protocol } from '../protocol/protocol.ts';
import { protocolById } from '../protocol/protocols.ts';
import { type RuleSet, ruleSetById } from '../rules/rule-set.ts';
import type { Audit } from './audit.ts';

/**
 * The rules that an audit is judged by, even if newer ones are in force today: the protocol and the rule set of its registration.
 */
export function rulesOf({ protocol: id, ruleSet }: Pick<Audit, 'protocol' | 'ruleSet'>): {
  readonly protocol: Protocol;
  readonly ruleSet: RuleSet;
} {
  const protocol = protocolById(id);
  if (protocol === undefined) throw new Error(`There is no protocol ${id}.`);
  return { protocol, ruleSet: ruleSetById(ruleSet) };
}
