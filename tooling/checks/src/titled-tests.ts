import { type CallExpression, type Expression, parseSync, Visitor } from 'oxc-parser';

const CASES = new Set(['test', 'it']);
const GROUPS = new Set(['describe', 'suite']);

/**
 * Lists the tests of a test file, each as the titles of the groups around it and its own, outermost first.
 *
 * Understands `test`, `it`, `describe` and `suite` with modifiers such as `.each(…)`. A title is a string or a template,
 * whose expressions come out as `…`; tests with a computed title are not listed, since nobody can know it.
 * Throws when the text does not parse.
 */
export function titledTestsOf(path: string, text: string): string[][] {
  const { program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`Cannot read tests of ${path}: ${error.message}`);
  const tests: string[][] = [];
  const groups: string[] = [];
  new Visitor({
    CallExpression(call) {
      const title = titleOf(call);
      if (title === undefined) return;
      if (GROUPS.has(nameOf(call.callee))) groups.push(title);
      else if (CASES.has(nameOf(call.callee))) tests.push([...groups, title]);
    },
    'CallExpression:exit'(call) {
      if (titleOf(call) !== undefined && GROUPS.has(nameOf(call.callee))) groups.pop();
    },
  }).visit(program);
  return tests;
}

/** What a call begins with: `test` of `test.each(rows)`. */
function nameOf(callee: Expression): string {
  switch (callee.type) {
    case 'Identifier':
      return callee.name;
    case 'MemberExpression':
      return nameOf(callee.object);
    case 'CallExpression':
      return nameOf(callee.callee);
    case 'TaggedTemplateExpression':
      return nameOf(callee.tag);
    default:
      return '';
  }
}

function titleOf({ arguments: [first] }: CallExpression): string | undefined {
  if (first?.type === 'Literal' && typeof first.value === 'string') return first.value;
  if (first?.type === 'TemplateLiteral') return first.quasis.map(({ value }) => value.cooked ?? value.raw).join('…');
  return undefined;
}
