/** The deployed gateway and its page: the CDK deploys both stages once for the suites in `deployed/`. */
import { afterAll, beforeAll, describe } from 'vitest';
import { Scope } from '../../../common/scope.ts';
import { accessTests } from './deployed/access.ts';
import { outcomeEventTests } from './deployed/outcome-events.ts';
import { pageAlbumTests } from './deployed/page-album.ts';
import { pageAppTests } from './deployed/page-app.ts';
import { pageHistoryTests } from './deployed/page-history.ts';
import { pageLossTests } from './deployed/page-loss.ts';
import { pageTests } from './deployed/page.ts';
import { requestTests } from './deployed/requests.ts';
import { sessionTests } from './deployed/session.ts';
import { sideliningTests } from './deployed/sidelining.ts';
import { signInTests } from './deployed/sign-in.ts';
import { usageTests } from './deployed/usage.ts';
import { workflowTests } from './deployed/workflows.ts';
import { deploy, deployed } from './support/deployed.ts';
import { pageTests as corpusTests } from '../../corpus/page-suite.ts';

const scope = new Scope();
beforeAll(() => deploy(scope), 240_000);
afterAll(() => scope.close());

describe('requests and links', requestTests);
describe('access and quotas', accessTests);
describe('events of outcomes', outcomeEventTests);
describe('usage', usageTests);
describe('two callers', sideliningTests);
describe('the page', pageTests);
describe('what the page must not lose or show', pageLossTests);
if (process.env.FULL) {
  describe('photos of earlier pages', pageHistoryTests);
  describe('the page as an app', pageAppTests);
}
describe('an album on the page', pageAlbumTests);
describe('sign-in of the page', signInTests);
describe('session of the page', sessionTests);
describe('the workflow of a photo on the page', workflowTests);
describe('the page and a tenth of the corpus', () => corpusTests(() => deployed.browser, true, 10));
