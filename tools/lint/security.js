/** ESLint rules for faults that a stranger can use: expressions of more than linear time, code made of text, markup of text. */
import noUnsanitized from 'eslint-plugin-no-unsanitized';
import redos from 'eslint-plugin-redos';
import * as regexp from 'eslint-plugin-regexp';

/** Proofs of earlier runs: a proof takes a second, so only new expressions are analysed. Lint writes it; commit it. */
export const PROOFS = 'tools/lint/regexps.json';

/** What may read a stranger's bytes. Tests and tools read only files of this repository. */
const EXPOSED = ['ami', 'cli', 'client', 'colour', 'common', 'contract', 'lambda', 'local', 'sim', 'worker'];

const DYNAMIC_REGEXP =
  ':matches(NewExpression, CallExpression)[callee.name="RegExp"]:not([arguments.0.type="Literal"])';

/** Two analyses, because each misses what the other finds; both must hold. */
const linearExpressions = (location) => ({
  plugins: { regexp: regexp.default ?? regexp, redos },
  rules: {
    'regexp/no-super-linear-backtracking': 'error',
    'regexp/no-super-linear-move': 'error',
    // Unknown within the time is no proof: `ignoreErrors` is off.
    'redos/no-vulnerable': [
      'error',
      { ignoreErrors: false, timeout: 60_000, cache: { location, strategy: 'aggressive' } },
    ],
    'no-restricted-syntax': [
      'error',
      { selector: DYNAMIC_REGEXP, message: 'An expression made of text has no proof: use string methods.' },
      {
        selector: 'Property[key.name="shell"]:not([value.value=false])',
        message: 'A shell reads names as commands: pass arguments as an array.',
      },
      {
        selector: 'MemberExpression[property.name="__proto__"]',
        message: 'Use Object.getPrototypeOf, Object.create(null) or a Map.',
      },
    ],
  },
});

/** Scripts of pages, and what they import. */
const PAGES = ['client', 'contract', 'colour', 'lambda/gateway/page', 'local/page', 'sim/report'];

/** No markup is made of text. */
const noMarkupOfText = {
  plugins: { 'no-unsanitized': noUnsanitized },
  rules: { 'no-unsanitized/method': 'error', 'no-unsanitized/property': 'error' },
};

/** For every file: no code is made of text. */
const noCodeOfText = {
  rules: {
    'no-eval': 'error',
    'no-new-func': 'error',
    'no-script-url': 'error',
    'no-prototype-builtins': 'error',
    'no-restricted-imports': [
      'error',
      {
        paths: [
          {
            name: 'node:child_process',
            importNames: ['exec', 'execSync'],
            message: 'They start a shell: use execFile or spawn with an array of arguments.',
          },
        ],
      },
    ],
  },
};

/** Nobody may guess an id. Random numbers of the simulator have a seed; a jitter needs no secret. */
const noGuessableIds = {
  rules: {
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: 'For an id: node:crypto. For a draw: a seed.' },
    ],
  },
};

const scripts = (folders) => folders.map((folder) => `${folder}/**/*.{ts,js,mjs}`);

/** @param proofs file of earlier proofs; another one proves everything again */
export const securityRules = (proofs = PROOFS) => [
  { files: ['**/*.{ts,js,mjs}'], ...noCodeOfText },
  { files: scripts(EXPOSED), ...linearExpressions(proofs) },
  { files: scripts(EXPOSED), ...noGuessableIds },
  { files: scripts(PAGES), ...noMarkupOfText },
];
