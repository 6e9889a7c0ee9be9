/** Values that are known only at deploy, of each kind that a prop may have. */
import { CfnParameter, Fn, Lazy, Token, type Stack } from 'aws-cdk-lib';

/** Makes tokens of each kind for a type of value. @param name of a parameter of the stack */
export const KINDS = {
  number: (stack: Stack, name: string) => [
    new CfnParameter(stack, name, { type: 'Number' }).valueAsNumber,
    Lazy.number({ produce: () => 2 }),
    Token.asNumber(Fn.select(0, Fn.split(',', Fn.importValue('numbers')))),
  ],
  text: (stack: Stack, name: string) => [
    new CfnParameter(stack, name).valueAsString,
    Lazy.string({ produce: () => 'lazy' }),
    `part-${Fn.select(0, Fn.split(',', Fn.importValue('names')))}`,
  ],
  list: (stack: Stack, name: string) => [
    new CfnParameter(stack, `${name}List`, { type: 'CommaDelimitedList' }).valueAsList,
    Fn.split(',', Fn.importValue('list')),
    [new CfnParameter(stack, name).valueAsString],
  ],
  flag: () => [Lazy.any({ produce: () => true })],
  record: (stack: Stack, name: string) => {
    const value = new CfnParameter(stack, name, { type: 'Number' }).valueAsNumber;
    return [
      { 'g6.xlarge': value },
      { [Lazy.string({ produce: () => 'g6.xlarge' })]: 1 },
      Lazy.any({ produce: () => ({}) }),
    ];
  },
};
export type Kind = keyof typeof KINDS;
