/** Public face of the client, `ddcolor-elastic/client`: for browsers and Node. */
export {
  ColouringClient,
  type CallOptions,
  type ColouredItem,
  type ColouringClientOptions,
  type Outcome,
  type Photo,
  type SubmitOptions,
} from './colouring-client.ts';
export type { ApiRequest, SucceededPhoto } from './api.ts';
export { ApiError } from './errors.ts';
export type { PhotoStatus } from '../contract/photo-api.ts';
export { PHOTO_TYPES, type PhotoType, type ProblemCode } from '../contract/photo-types.ts';
