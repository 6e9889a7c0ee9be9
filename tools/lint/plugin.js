/** Lint rules of this repository, for oxlint: what no published rule says, or says only with types, which takes ten seconds. */

/** @returns a rule that reports what a selector matches */
const forbid = (selector, message) => ({
  create: (context) => ({ [selector]: (node) => context.report({ node, message }) }),
});

const SCOPES = new Set(['ThisExpression', 'Identifier', 'MemberExpression']);
const LOOP = /^(For|While|DoWhile)/;

/** A construct made in a loop, a method or a callback may be made many times, so that its id must vary. */
function repeats(node) {
  for (let at = node.parent; at; at = at.parent) {
    if (LOOP.test(at.type) || at.type === 'ArrowFunctionExpression') return true;
    if (at.type === 'MethodDefinition' && at.kind !== 'constructor') return true;
  }
  return false;
}

/** Types of expressions that are an id or make one; options, which may be second too, are an object. */
const COMPUTED = new Set([
  'BinaryExpression',
  'CallExpression',
  'ConditionalExpression',
  'Identifier',
  'MemberExpression',
]);
const isComputed = ({ type, expressions }) =>
  COMPUTED.has(type) || (type === 'TemplateLiteral' && expressions.length > 0);

/** An id that is computed changes, and CloudFormation then replaces the resource. */
const literalConstructId = {
  create: (context) => ({
    NewExpression(node) {
      const [scope, id] = node.arguments;
      if (!id || !SCOPES.has(scope.type) || !isComputed(id) || repeats(node)) return;
      // A stack has the name of its stage.
      if (scope.name === 'app') return;
      context.report({ node: id, message: 'The id of a construct is a literal.' });
    },
  }),
};

export default {
  meta: { name: 'ddcolor' },
  rules: {
    'no-dynamic-regexp': forbid(
      ':matches(NewExpression, CallExpression)[callee.name="RegExp"]:not([arguments.0.type="Literal"])',
      'An expression made of text has no proof: use string methods.',
    ),
    'no-shell': forbid(
      'Property[key.name="shell"]:not([value.value=false])',
      'A shell reads names as commands: pass arguments as an array.',
    ),
    'print-by-terminal': forbid(
      'MemberExpression[object.property.name=/^std(out|err)$/][property.name="write"]',
      'Print by common/terminal.ts, which escapes control characters.',
    ),
    'pass-this': forbid(
      'NewExpression[arguments.0.name="scope"]',
      'A construct is the scope of the constructs that it makes: pass `this`.',
    ),
    'literal-construct-id': literalConstructId,
  },
};
