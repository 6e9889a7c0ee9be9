/** The statements of a template with a wildcard in a resource or action, without generated ids. */
import type { StackTemplate, Statement } from './template.ts';

export interface Wildcard {
  /** The role's id without its hash. */
  role: string;
  actions: string[];
  /** The resource as text, with references in angle brackets. */
  resource: string;
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const plainId = (id: string) => id.replace(/[0-9A-F]{8}$/, '');

/** A resource as text: `<PhotosBucket.Arn>/incoming/*`. Account, region and partition are left out: `arn:ssm:parameter/…`. */
export function resourceText(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
  } = resource as {
    Ref?: string;
    'Fn::GetAtt'?: [string, string];
    'Fn::Join'?: [string, unknown[]];
  };
  if (Ref !== undefined) return Ref.startsWith('AWS::') ? '' : `<${plainId(Ref)}>`;
  if (attribute) return `<${plainId(attribute[0])}.${attribute[1]}>`;
  if (!join) return JSON.stringify(resource);
  return join[1].map(resourceText).join(join[0]).replace(/:{2,}/g, ':');
}

interface Policy {
  roles: string[];
  statements: Statement[];
}

/** Policies of roles, inline ones included. */
function policies({ Resources }: StackTemplate): Policy[] {
  return Object.entries(Resources).flatMap(([id, { Type, Properties }]): Policy[] => {
    if (Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::ManagedPolicy') {
      const roles = ((Properties.Roles ?? []) as { Ref: string }[]).map(({ Ref }) => plainId(Ref));
      return [{ roles, statements: Properties.PolicyDocument.Statement as Statement[] }];
    }
    if (Type !== 'AWS::IAM::Role') return [];
    const inline = (Properties.Policies ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
    return inline.map(({ PolicyDocument }) => ({
      roles: [plainId(id)],
      statements: PolicyDocument.Statement,
    }));
  });
}

export const wildcards = (template: StackTemplate): Wildcard[] =>
  policies(template).flatMap(({ roles, statements }) =>
    statements.flatMap(({ Action, Resource }) =>
      list(Resource)
        .map(resourceText)
        .filter((resource) => resource.includes('*') || list(Action).some((action) => action.includes('*')))
        .flatMap((resource) => roles.map((role) => ({ role, actions: list(Action).sort(), resource }))),
    ),
  );
