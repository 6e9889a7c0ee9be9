/** The AWS Query protocol: form parameters in, XML out. */
import { XMLBuilder } from 'fast-xml-parser';

const NAMESPACE = 'http://autoscaling.amazonaws.com/doc/2011-01-01/';
const REQUEST_ID = '00000000-0000-4000-8000-000000000000';
const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressEmptyNode: true,
});

/** An error response, with AWS's error code. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Parameters of a request. */
export class Parameters {
  constructor(private readonly form: URLSearchParams) {}

  text(name: string): string | undefined {
    return this.form.get(name) ?? undefined;
  }

  /** @throws ApiError when absent */
  required(name: string): string {
    const value = this.text(name);
    if (value) return value;
    throw new ApiError(
      'ValidationError',
      `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
    );
  }

  /** @throws ApiError for a value that is not a whole number */
  whole(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^-?\d+$/.test(value)) return Number(value);
    throw new ApiError('ValidationError', `${name} '${value}' is not a whole number`);
  }

  /** `Name.member.1`, `Name.member.2` and so on. */
  list(name: string): string[] {
    const values: string[] = [];
    for (let k = 1; ; k++) {
      const value = this.text(`${name}.member.${k}`);
      if (value === undefined) return values;
      values.push(value);
    }
  }
}

/** Formats a list as the protocol does. */
export const members = (items: unknown[]) => ({ member: items });

export function success(action: string, result: object | undefined): string {
  const body = {
    ...(result ? { [`${action}Result`]: result } : {}),
    ResponseMetadata: { RequestId: REQUEST_ID },
  };
  return builder.build({ [`${action}Response`]: { '@xmlns': NAMESPACE, ...body } });
}

export function failure({ code, message }: ApiError): string {
  const Error = { Type: 'Sender', Code: code, Message: message };
  return builder.build({ ErrorResponse: { '@xmlns': NAMESPACE, Error, RequestId: REQUEST_ID } });
}
