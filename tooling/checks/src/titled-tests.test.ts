import { expect, it } from 'vitest';
import { titledTestsOf } from './titled-tests.ts';

it('lists tests with the titles of the groups around them', () => {
  const text = `
    test('alone', () => {});
    describe("outer", () => {
      it(\`takes \${count} of \${all}\`, () => {});
      describe.each([1])('inner %d', () => {
        test.each\`a\${1}\`('a row', () => {});
        it.concurrent.each<[string]>([['x']])('each %s', () => {});
      });
    });
    it('after', () => { expect(call('no test')).toBe(describe); });
  `;
  expect(titledTestsOf('a.test.ts', text)).toEqual([
    ['alone'],
    ['outer', 'takes … of …'],
    ['outer', 'inner %d', 'a row'],
    ['outer', 'inner %d', 'each %s'],
    ['after'],
  ]);
});

it('lists no title that is computed or only mentioned', () => {
  const text =
    "// test('in a comment')\nconst text = \"test('in a string')\";\ntest(title, () => {});\nlist.test('a method');";
  expect(titledTestsOf('a.test.ts', text)).toEqual([]);
});

it('refuses a file that does not parse', () => {
  expect(() => titledTestsOf('a.test.ts', 'test(')).toThrow('Cannot read tests of a.test.ts');
});
