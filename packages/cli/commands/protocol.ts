import { type Protocol, protocolById, protocolIds, type Question } from '@secor/certification';
import { asJson, command, Failure } from '../command.ts';

/** `secor protocol`: a protocol as JSON, for assessors' tools. */
export const protocol = command({
  name: 'protocol',
  summary: 'Print a protocol as JSON: elements, questions, points and rules',
  usage: 'secor protocol [ID]    without ID: list the protocols that exist',
  example: 'secor protocol secor-2020',
  options: {},
  operand: { name: 'ID', required: false },
  async run({ operand: id }, io) {
    if (id === undefined) {
      io.out(protocolIds.map((known) => `${known}\n`).join(''));
      return 0;
    }
    const found = protocolById(id);
    if (found === undefined) throw new Failure(`there is no protocol "${id}": there are ${protocolIds.join(', ')}.`);
    io.out(asJson(described(found)));
    return 0;
  },
});

function described({ id, title, elements }: Protocol) {
  return {
    id,
    title,
    elements: elements.map((element) => ({ id: element.id, title: element.title })),
    questions: elements.flatMap(({ id: element, questions }) =>
      questions.map((question) => describedQuestion(element, question)),
    ),
  };
}

function describedQuestion(element: string, question: Question) {
  const { id, points, rule, methods, notApplicable, text } = question;
  const threshold = question.rule === 'all-or-nothing' ? { threshold: question.threshold } : {};
  return { id, element, points, rule, ...threshold, methods, notApplicable, text };
}
