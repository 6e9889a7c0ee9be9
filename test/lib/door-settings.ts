/** Settings of the doors as tests give them. */

export const DOMAIN = 'photos.example.com';
export const CERTIFICATE =
  'arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012';
export const ZONE = 'Z0123456789ABCDEFGHIJ';
export const CDN_CERTIFICATE = CERTIFICATE.replace('eu-west-1', 'us-east-1');
export const WEB_ACL =
  'arn:aws:wafv2:us-east-1:111122223333:global/webacl/photos/12345678-1234-1234-1234-123456789012';
