/** The gateway's environment: set by the construct, parsed by the function. */
import { z } from 'zod';

/** Who may use the API: anybody, whoever has a token of the stage's issuer, or whoever signs with AWS credentials. */
export const ACCESS = ['open', 'jwt', 'iam'] as const;
export type Access = (typeof ACCESS)[number];

const whole = z.coerce.number().int().min(1);

export const gatewayEnvironmentSchema = z.object({
  STAGE: z.string().min(1),
  ACCESS: z.enum(ACCESS),
  BUCKET_NAME: z.string().min(1),
  /** Of the gateway: photos and counters. */
  TABLE_NAME: z.string().min(1),
  /** Of the scaler, where its view is. */
  SCALER_TABLE_NAME: z.string().min(1),
  MAX_UPLOAD_BYTES: whole,
  PHOTOS_PER_HOUR: whole,
  PHOTOS_PER_DAY: whole,
  LINK_SECONDS: whole,
  /** Seconds for which a worker may be at its last attempt at a photo. */
  ATTEMPT_SECONDS: whole,
  PHOTO_DAYS: whole,
  RESULT_DAYS: whole,
  /** Side of the square that the workflow computes colours at; 0 where it gives no chroma. */
  CHROMA_SIZE: z.coerce.number().int().min(0),
  /** OpenID issuer and client of the page's own sign-in; empty where nobody signs in. */
  ISSUER: z.string(),
  CLIENT_ID: z.string(),
});

export type GatewayEnvironment = z.infer<typeof gatewayEnvironmentSchema>;
export type GatewayVariable = keyof GatewayEnvironment;

/** Key of the gateway's table, and the attribute after whose time an item goes. */
export const GATEWAY_KEY = 'id';
export const GATEWAY_EXPIRY = 'expiresAt';
