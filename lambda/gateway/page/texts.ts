/** What the page says, in the languages that it speaks. */
import type { FailureCode } from '../../../contract/failure.ts';
import type { ProblemCode } from '../../../contract/photo-types.ts';

/** Reasons of the page's own. */
export type BrowserCode =
  'unreadable-here' | 'too-large-here' | 'wrong-type' | 'file-too-large' | 'empty-file';
export type Reason = FailureCode | ProblemCode | BrowserCode | 'not-uploaded' | 'expired';

type Count = (n: number) => string;

export interface Texts {
  [name: string]: unknown;
  title: string;
  lead: string;
  choose: string;
  camera: string;
  hint: (megabytes: string) => string;
  drop: string;
  here: string;
  hereMore: (side: number) => string;
  notHereMore: string;
  noHere: string;
  language: string;
  theme: string;
  themeAuto: string;
  themeLight: string;
  themeDark: string;
  signIn: string;
  signOut: string;
  signInFailed: string;
  count: (done: number, all: number) => string;
  traffic: (sent: string, received: string) => string;
  zip: string;
  zipping: string;
  clear: string;
  retryAll: string;
  keep: string;
  close: string;
  queued: string;
  preparing: string;
  sending: string;
  sent: string;
  ahead: Count;
  time: (seconds: number) => string;
  atMost: (seconds: number) => string;
  fetching: string;
  merging: string;
  done: (seconds: number) => string;
  failed: (why: string) => string;
  progress: (name: string) => string;
  slider: (name: string) => string;
  before: string;
  after: string;
  noPreview: string;
  download: string;
  view: string;
  retry: string;
  sendOriginal: string;
  remove: string;
  named: (action: string, name: string) => string;
  announceDone: (name: string, done: number, all: number) => string;
  announceFailed: (name: string, why: string) => string;
  added: Count;
  leave: string;
  reasons: Record<Reason, string>;
}

const minutes = (seconds: number) => Math.round(seconds / 60);

const en: Texts = {
  title: 'Colour for old photos',
  lead: 'Black-and-white pictures in, colour out. One photo or a whole album at a time.',
  choose: 'Choose photos',
  camera: 'Take a photo',
  hint: (megabytes) => `Or drop them here, or paste. JPEG, PNG, WebP and TIFF, up to ${megabytes} each.`,
  drop: 'Drop to colour',
  here: 'Keep my originals on this device',
  hereMore: (side) =>
    `Only a small grey copy is sent, of ${side} × ${side} pixels. Colours come back and are put onto your photo here, at its full size.`,
  notHereMore:
    'The photo itself is sent and coloured by the service. Its result keeps the photo’s format and details.',
  noHere:
    'Here the photo itself is sent and coloured by the service: this browser does not let pages read pixels.',
  language: 'Language',
  theme: 'Appearance',
  themeAuto: 'Auto',
  themeLight: 'Light',
  themeDark: 'Dark',
  signIn: 'Sign in',
  signOut: 'Sign out',
  signInFailed: 'Signing in did not work. Try once more.',
  count: (done, all) =>
    all === 1 ? (done === 1 ? '1 photo, done' : '1 photo') : `${done} of ${all} photos done`,
  traffic: (sent, received) => `${sent} sent, ${received} received`,
  zip: 'Download all',
  zipping: 'Packing…',
  clear: 'Clear',
  retryAll: 'Try all again',
  keep: 'Photos that were sent, and their colours, are deleted by the service after some days.',
  close: 'Close',
  queued: 'Next in line',
  preparing: 'Reading',
  sending: 'Sending',
  sent: 'Waiting for its turn',
  ahead: (n) => (n === 0 ? 'Being coloured' : n === 1 ? '1 photo ahead' : `${n} photos ahead`),
  time: (seconds) =>
    seconds < 90 ? `about ${Math.max(1, Math.round(seconds))} s` : `about ${minutes(seconds)} min`,
  atMost: (seconds) =>
    seconds < 90
      ? `${Math.max(1, Math.round(seconds))} s at most, as a rule`
      : `${minutes(seconds)} min at most, as a rule`,
  fetching: 'Fetching the colours',
  merging: 'Putting the colours on',
  done: (seconds) => `Done in ${seconds < 90 ? `${Math.round(seconds)} s` : `${minutes(seconds)} min`}`,
  failed: (why) => `Not coloured. ${why}`,
  progress: (name) => `Progress of ${name}`,
  slider: (name) => `${name}: how much of the photo is shown before colouring`,
  before: 'Before',
  after: 'After',
  noPreview: 'This browser cannot show this format.',
  download: 'Download',
  view: 'Enlarge',
  retry: 'Try again',
  sendOriginal: 'Send the original',
  remove: 'Remove',
  named: (action, name) => `${action}: ${name}`,
  announceDone: (name, done, all) => `${name} is done. ${done} of ${all}.`,
  announceFailed: (name, why) => `${name} was not coloured. ${why}`,
  added: (n) => (n === 1 ? '1 photo added.' : `${n} photos added.`),
  leave: 'Some photos are not done yet.',
  reasons: {
    'unreadable-image': 'The file is damaged, cut off, or no picture.',
    'unsupported-format': 'This kind of picture is not taken. Save it as JPEG, PNG, WebP or TIFF.',
    'too-large': 'The photo is larger than is taken here.',
    'bad-option': 'The service does not take this setting.',
    'cannot-be-coloured': 'DDColor could not colour this picture.',
    'retries-exhausted': 'It did not work out after several attempts. It is worth trying again.',
    'bad-request': 'The service did not understand the request. Reload the page and try again.',
    'unsupported-type': 'This kind of file is not taken. Use JPEG, PNG, WebP or TIFF.',
    'no-chroma': 'This service colours whole photos only. Send the original.',
    unauthorized: 'You are not signed in any more. Sign in and choose the photo again.',
    'not-found': 'The service does not know this photo any more.',
    'method-not-allowed': 'The service did not understand the request. Reload the page and try again.',
    'hourly-quota-exceeded': 'You have sent as many photos as you may for this hour.',
    'daily-quota-exceeded': 'The service has taken as many photos as it does in a day. Come back tomorrow.',
    'too-busy': 'The service has a lot to do right now. Try again in a moment.',
    'link-expired': 'Sending took too long and the link expired. Try again.',
    'link-used': 'This photo was sent already.',
    'link-mismatch': 'What arrived was not what was announced. Try again.',
    unavailable: 'The service cannot be reached. Check the connection and try again.',
    'unreadable-here': 'This browser cannot read this file. The service may: send the original.',
    'too-large-here': 'This device has too little memory for a photo of this size. Send the original.',
    'wrong-type': 'This is not a photo that is taken here. Use JPEG, PNG, WebP or TIFF.',
    'file-too-large': 'The file is larger than is taken here.',
    'empty-file': 'The file is empty.',
    'not-uploaded': 'The photo did not arrive. Try again.',
    expired: 'The photo has been deleted again. Send it once more.',
  },
};

const zh: Texts = {
  title: '为老照片上色',
  lead: '放入黑白照片，得到彩色照片。一张或整本相册都可以。',
  choose: '选择照片',
  camera: '拍照',
  hint: (megabytes) =>
    `也可以拖放到这里，或直接粘贴。支持 JPEG、PNG、WebP 和 TIFF，每张不超过 ${megabytes}。`,
  drop: '松开即可上色',
  here: '原图保留在本设备上',
  hereMore: (side) =>
    `只发送一张 ${side} × ${side} 像素的灰度小图。颜色返回后，会在本设备上合成到原尺寸的照片中。`,
  notHereMore: '照片本身会发送到服务端上色。结果保留照片的格式和拍摄信息。',
  noHere: '此浏览器不允许网页读取像素，因此照片本身会发送到服务端上色。',
  language: '语言',
  theme: '外观',
  themeAuto: '自动',
  themeLight: '浅色',
  themeDark: '深色',
  signIn: '登录',
  signOut: '退出登录',
  signInFailed: '登录失败，请再试一次。',
  count: (done, all) => `共 ${all} 张，已完成 ${done} 张`,
  traffic: (sent, received) => `已发送 ${sent}，已接收 ${received}`,
  zip: '全部下载',
  zipping: '正在打包…',
  clear: '清空',
  retryAll: '全部重试',
  keep: '发送的照片及其上色结果会在数日后从服务端删除。',
  close: '关闭',
  queued: '等待处理',
  preparing: '正在读取',
  sending: '正在发送',
  sent: '正在排队',
  ahead: (n) => (n === 0 ? '正在上色' : `前面还有 ${n} 张`),
  time: (seconds) =>
    seconds < 90 ? `约 ${Math.max(1, Math.round(seconds))} 秒` : `约 ${minutes(seconds)} 分钟`,
  atMost: (seconds) =>
    seconds < 90
      ? `通常不超过 ${Math.max(1, Math.round(seconds))} 秒`
      : `通常不超过 ${minutes(seconds)} 分钟`,
  fetching: '正在取回颜色',
  merging: '正在合成颜色',
  done: (seconds) =>
    `已完成，用时 ${seconds < 90 ? `${Math.round(seconds)} 秒` : `${minutes(seconds)} 分钟`}`,
  failed: (why) => `未能上色。${why}`,
  progress: (name) => `${name} 的进度`,
  slider: (name) => `${name}：显示上色前画面的比例`,
  before: '上色前',
  after: '上色后',
  noPreview: '此浏览器无法显示该格式。',
  download: '下载',
  view: '放大',
  retry: '重试',
  sendOriginal: '发送原图',
  remove: '移除',
  named: (action, name) => `${action}：${name}`,
  announceDone: (name, done, all) => `${name} 已完成，${all} 张中的第 ${done} 张。`,
  announceFailed: (name, why) => `${name} 未能上色。${why}`,
  added: (n) => `已添加 ${n} 张照片。`,
  leave: '还有照片尚未完成。',
  reasons: {
    'unreadable-image': '文件已损坏、不完整，或不是图片。',
    'unsupported-format': '不支持这种图片。请另存为 JPEG、PNG、WebP 或 TIFF。',
    'too-large': '照片超过了允许的大小。',
    'bad-option': '服务端不接受此设置。',
    'cannot-be-coloured': 'DDColor 无法为这张图片上色。',
    'retries-exhausted': '多次尝试均未成功，值得再试一次。',
    'bad-request': '服务端无法理解请求。请刷新页面后重试。',
    'unsupported-type': '不支持这种文件。请使用 JPEG、PNG、WebP 或 TIFF。',
    'no-chroma': '此服务只为整张照片上色，请发送原图。',
    unauthorized: '登录已失效，请重新登录后再次选择照片。',
    'not-found': '服务端已没有这张照片。',
    'method-not-allowed': '服务端无法理解请求。请刷新页面后重试。',
    'hourly-quota-exceeded': '这一小时内发送的照片已达上限。',
    'daily-quota-exceeded': '服务今天接收的照片已达上限，请明天再来。',
    'too-busy': '服务现在很忙，请稍后再试。',
    'link-expired': '发送时间过长，链接已过期，请重试。',
    'link-used': '这张照片已经发送过了。',
    'link-mismatch': '收到的内容与事先声明的不一致，请重试。',
    unavailable: '无法连接服务。请检查网络后重试。',
    'unreadable-here': '此浏览器无法读取该文件，服务端或许可以：请发送原图。',
    'too-large-here': '本设备内存不足以处理这么大的照片，请发送原图。',
    'wrong-type': '这里不接受此文件。请使用 JPEG、PNG、WebP 或 TIFF。',
    'file-too-large': '文件超过了允许的大小。',
    'empty-file': '文件是空的。',
    'not-uploaded': '照片没有送达，请重试。',
    expired: '照片已被删除，请重新发送。',
  },
};

export const LANGUAGES: Record<string, Texts> = { en, 'zh-CN': zh };

/**
 * The language of a browser's user, among those that there are. Whoever asks for traditional characters gets simplified ones,
 * as Unicode's language matching has it, unless English was asked for first.
 */
export function languageOf(wanted: readonly string[]): string {
  for (const language of wanted) {
    if (/^zh($|-)/i.test(language)) return 'zh-CN';
    if (/^en($|-)/i.test(language)) return 'en';
  }
  return 'en';
}
