/**
 * Permissions and trust of the roles of a stage, as tables. A lost permission breaks a deployed stack, a gained one opens it,
 * and the local AWS checks neither.
 */
import { describe, expect, it } from 'vitest';
import { ROLES, type Row } from './role-table.ts';
import { ofType, synthesise, type Properties, type Resource, type Statement } from './template.ts';
import { resourceText } from './wildcards.ts';

type Ordered = Resource & { DependsOn?: string[] };
interface Trust extends Omit<Statement, 'Resource'> {
  Principal: unknown;
}

const template = synthesise('prod', { access: 'open', probePhoto: 'daily' });
const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const plainId = (id: string) => id.replace(/[0-9A-F]{8}$/, '');
const idsOf = (type: string) =>
  Object.keys(template.Resources).filter((id) => template.Resources[id]?.Type === type);
const resource = (id: string) => template.Resources[id] as Ordered;
const policiesOf = (roleId: string) =>
  idsOf('AWS::IAM::Policy').filter((id) =>
    (resource(id).Properties.Roles as { Ref: string }[]).some(({ Ref }) => Ref === roleId),
  );
const inOrder = (rows: Row[]) => [...rows].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
const rowOf = ({ Effect, Action, Resource, Condition }: Statement): Row => {
  expect(Effect).toBe('Allow');
  const may = list(Action).sort();
  const on = list(Resource).map(resourceText).sort();
  return { may, on, ...(Condition !== undefined && { only: Condition as Row['only'] }) };
};

it('a stage has these roles, and each policy belongs to one of them', () => {
  expect(idsOf('AWS::IAM::Role').map(plainId).sort()).toEqual(Object.keys(ROLES).sort());
  expect(idsOf('AWS::IAM::ManagedPolicy')).toEqual([]);
  for (const { Properties } of ofType(template, 'AWS::IAM::Policy')) {
    expect(Object.keys(Properties).sort()).toEqual(['PolicyDocument', 'PolicyName', 'Roles']);
    expect(Properties.Roles).toHaveLength(1);
  }
});

describe.each(Object.entries(ROLES))('%s', (name, { trusts, only, rows }) => {
  const id = idsOf('AWS::IAM::Role').find((one) => plainId(one) === name)!;
  const { ManagedPolicyArns, Policies, AssumeRolePolicyDocument } = resource(id).Properties;

  it('has these permissions, and no others', () => {
    const statements = policiesOf(id).flatMap(
      (policy) => resource(policy).Properties.PolicyDocument.Statement as Statement[],
    );
    expect(inOrder(statements.map(rowOf))).toEqual(inOrder(rows));
    expect([ManagedPolicyArns, Policies]).toEqual([undefined, undefined]);
  });

  it('trusts its one service', () => {
    const trust: Trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: trusts } };
    expect((AssumeRolePolicyDocument as Properties).Statement).toEqual([
      only ? { ...trust, Condition: only } : trust,
    ]);
  });
});

describe('a resource that uses a role is made after the role’s policy', () => {
  it.each(idsOf('AWS::Lambda::Function').map((id) => [plainId(id), id]))('%s', (_name, id) => {
    const { Properties, DependsOn } = resource(id);
    const policies = policiesOf((Properties.Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]);
    expect(policies).toHaveLength(1);
    expect(DependsOn).toEqual(expect.arrayContaining(policies));
  });

  it('the call that suspends processes', () => {
    const [id = ''] = idsOf('Custom::SuspendProcesses');
    const { Properties, DependsOn } = resource(id);
    const [handler] = (Properties.ServiceToken as { 'Fn::GetAtt': [string] })['Fn::GetAtt'];
    const role = (resource(handler).Properties.Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0];
    expect(DependsOn).toEqual(expect.arrayContaining(policiesOf(role)));
  });
});
