/** A client of the AWS SDK that sends nothing. */

/** A client that records each command and answers in turn. */
export function stub<Client>(...answers: unknown[]) {
  const sent: [name: string, input: unknown][] = [];
  const send = (command: { constructor: { name: string }; input: unknown }) => {
    sent.push([command.constructor.name, command.input]);
    const answer = answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? {});
  };
  return { client: { send } as Client, sent };
}
