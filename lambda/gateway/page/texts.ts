/** Texts of the page and error codes, for every language. */
import type { FailureCode } from '../../../contract/failure.ts';
import type { ProblemCode, Remark } from '../../../contract/photo-types.ts';

/** Errors of the page itself. */
export type BrowserCode =
  | 'unreadable-in-browser'
  | 'too-large-for-browser'
  | 'wrong-type'
  | 'file-too-large'
  | 'empty-file';
/** Why a photo failed. */
export type ErrorCode = FailureCode | ProblemCode | BrowserCode | 'not-uploaded' | 'expired';

export interface Texts {
  [name: string]: unknown;
  title: string;
  intro: string;
  choose: string;
  camera: string;
  hint: (maxSize: string) => string;
  drop: string;
  workflow: string;
  keepOriginal: string;
  keepOriginalOn: (side: number) => string;
  keepOriginalOff: string;
  keepOriginalUnavailable: string;
  language: string;
  theme: string;
  themeAuto: string;
  themeLight: string;
  themeDark: string;
  signIn: string;
  signOut: string;
  signInFailed: string;
  count: (succeeded: number, total: number) => string;
  traffic: (sent: string, received: string) => string;
  downloadAll: string;
  zipping: string;
  clear: string;
  retryAll: string;
  retention: string;
  kept: string;
  notKept: string;
  noRoom: string;
  lossTitle: string;
  lossResults: (photos: number) => string;
  lossPending: (photos: number) => string;
  lossKeep: string;
  lossRemove: string;
  bulkTitle: (photos: number) => string;
  bulkText: (deadline: string) => string;
  bulkYes: (deadline: string) => string;
  bulkNo: string;
  cancel: string;
  compareLooks: string;
  close: string;
  queued: string;
  preparing: string;
  uploading: string;
  waiting: string;
  ahead: (photos: number) => string;
  time: (seconds: number) => string;
  within: (seconds: number) => string;
  overdue: string;
  atMost: (seconds: number) => string;
  offline: string;
  offlineNote: string;
  retrying: string;
  downloading: string;
  merging: string;
  succeeded: (seconds: number) => string;
  remarks: Record<Remark, string>;
  failed: (reason: string) => string;
  progress: (name: string) => string;
  slider: (name: string) => string;
  before: string;
  after: string;
  noPreview: string;
  download: string;
  share: string;
  shareMaking: string;
  shareText: (minutes: number, time: string) => string;
  shareLink: string;
  shareCopy: string;
  shareCopied: string;
  shareSend: string;
  enlarge: string;
  retry: string;
  sendOriginal: string;
  sendOriginals: (photos: number) => string;
  erase: string;
  erased: (name: string) => string;
  notErased: string;
  remove: string;
  actionOn: (action: string, name: string) => string;
  announceSucceeded: (name: string, finished: number, total: number) => string;
  announceFailed: (name: string, reason: string) => string;
  added: (photos: number) => string;
  unknownError: string;
  errors: Record<ErrorCode, string>;
}
