/** Settings of the gateway: which callers may send photos over HTTP, and their limits. */
import { z } from 'zod';
import { choice, flag, integer, number, type Field, type ValuesOf } from '../../contract/field.ts';
import { ACCESS } from '../../contract/gateway.ts';
import type { Rule } from './check.ts';

/** A limit of calls or photos. */
const limit = (value: number) => integer({ min: 1, max: 1e9, default: value });

const jwtAudience: Field<string[]> = {
  schema: z.array(z.string().min(1)),
  allowed: 'a list of texts',
  default: [],
};

export const GATEWAY_FIELDS = {
  /**
   * Callers that may send photos over HTTP (docs/gateway.md#choose-who-may-send). `none`: there is no gateway, and clients use the bucket with AWS credentials.
   * `open`: any caller, within the limits below; knowing a photo's id is the only right to it. `jwt`: callers with a token
   * of `jwtIssuer`. `cognito`: users of a Cognito user pool that the stack makes, with a hosted sign-in page. `iam`: callers that
   * sign with AWS credentials which allow `execute-api:Invoke`.
   *
   * @default none
   */
  access: choice(['none', ...ACCESS, 'cognito'], 'none'),

  /**
   * Whether anyone may create an account, with `access` `cognito`, once an email address is confirmed.
   *
   * @default false - the operator creates the users
   */
  selfSignUp: flag(false),

  /**
   * OpenID issuer of the tokens, with `access` `jwt`: an https address below which
   * `.well-known/openid-configuration` is found.
   *
   * @default - none
   */
  jwtIssuer: { schema: z.string(), allowed: 'a text', default: '' },

  /**
   * Accepted audiences of the tokens (`aud`, or `client_id`), with `access` `jwt`. The page signs its users in as the first
   * one.
   *
   * @default - none
   */
  jwtAudience,

  /**
   * Largest file that the gateway accepts, MB (of a million bytes).
   *
   * @default 25
   */
  maxUploadMegabytes: number({
    min: 0.001,
    max: 5000,
    default: 25,
    reason: 'the most that one S3 upload takes',
  }),

  /**
   * Photos that the gateway accepts from one caller in an hour, in each lane. With `access` `open` a caller is an address (of IPv6, a
   * /64), else a signed-in user.
   *
   * @default 100
   */
  photosPerHour: limit(100),

  /**
   * Photos that the gateway accepts from all callers in a day (UTC). It does not limit the cost of instances: `maxCapacity`
   * does (docs/gateway.md).
   *
   * @default 2000
   */
  photosPerDay: limit(2000),

  /**
   * Requests that the gateway answers in a second, with bursts of twice as many; it refuses more with status 429.
   *
   * @default 20 - new AWS accounts run 10 functions at a time, the scaler among them
   */
  requestsPerSecond: limit(20),

  /**
   * Seconds for which the gateway's links work.
   *
   * @default 900
   */
  linkSeconds: integer({
    min: 60,
    max: 3600,
    default: 900,
    reason: 'since links expire with the credentials of the function that signed them',
  }),
};

export const GATEWAY_RULES: Rule<ValuesOf<typeof GATEWAY_FIELDS>>[] = [
  {
    of: ['jwtIssuer', 'access'],
    holds: ({ jwtIssuer, access }) => access !== 'jwt' || /^https:\/\/[^/\s]+/.test(jwtIssuer),
    allowed: () => "with access 'jwt', the address of an OpenID issuer, https only",
  },
  {
    of: ['jwtAudience', 'access'],
    holds: ({ jwtAudience, access }) => access !== 'jwt' || jwtAudience.length > 0,
    allowed: () => "with access 'jwt', at least one audience",
  },
  {
    of: ['selfSignUp', 'access'],
    holds: ({ selfSignUp, access }) => !selfSignUp || access === 'cognito',
    allowed: () => "only with access 'cognito'",
  },
];
