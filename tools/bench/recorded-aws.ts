/** A server with recorded AWS responses to a tick of the scaler; it responds at once and records the calls. */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { listenOnLoopback } from '../../common/loopback.ts';

const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];

const instance = (k: number) =>
  `<member><ProtectedFromScaleIn>false</ProtectedFromScaleIn><AvailabilityZone>${ZONES[k % 3]}</AvailabilityZone>` +
  `<InstanceId>i-${k.toString(16).padStart(17, '0')}</InstanceId><HealthStatus>Healthy</HealthStatus>` +
  `<LifecycleState>InService</LifecycleState><InstanceType>g4dn.xlarge</InstanceType><LaunchTemplate>` +
  `<LaunchTemplateId>lt-0123456789abcdef0</LaunchTemplateId><LaunchTemplateName>photos</LaunchTemplateName>` +
  `<Version>7</Version></LaunchTemplate></member>`;

const group = (size: number) =>
  `<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeAutoScalingGroupsResult>` +
  `<AutoScalingGroups><member><AutoScalingGroupName>photos</AutoScalingGroupName><MinSize>0</MinSize>` +
  `<MaxSize>20000</MaxSize><DesiredCapacity>${size}</DesiredCapacity><DefaultCooldown>300</DefaultCooldown>` +
  `<AvailabilityZones>${ZONES.map((zone) => `<member>${zone}</member>`).join('')}</AvailabilityZones><Instances>` +
  `${Array.from({ length: size }, (_, k) => instance(k)).join('')}</Instances></member></AutoScalingGroups>` +
  `</DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>`;

export interface RecordedAws {
  url: string;
  /** Calls since the last `reset`; `at` in epoch milliseconds. */
  calls: { action: string; at: number }[];
  /** Bytes of the last saved item, as JSON. */
  itemBytes: number;
  reset(size: number): void;
  close(): void;
}

export async function startRecordedAws(): Promise<RecordedAws> {
  let answer = group(0);
  let size = 0;
  let item = {};
  const recorded: RecordedAws = {
    url: '',
    calls: [],
    itemBytes: 0,
    reset(instances) {
      size = instances;
      answer = group(size);
      item = {};
      recorded.calls.length = 0;
    },
    close: () => undefined,
  };
  const { url, close } = await listenOnLoopback((request, response) => {
    const at = performance.timeOrigin + performance.now();
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
    request.on('end', () => {
      const target = request.headers['x-amz-target'];
      const action =
        (typeof target === 'string' ? target.split('.').at(-1) : undefined) ??
        new URLSearchParams(body).get('Action') ??
        request.url?.split('/').at(-1) ??
        'unknown';
      recorded.calls.push({ action, at });
      if (action === 'DescribeAutoScalingGroups') return response.end(answer);
      if (action === 'SetDesiredCapacity') return response.end('<SetDesiredCapacityResponse/>');
      if (action === 'GetQueueAttributes') {
        // A backlog that makes the scaler act at any group size.
        const Attributes = {
          ApproximateNumberOfMessages: String(1000 * (size + 1)),
          ApproximateNumberOfMessagesNotVisible: String(size),
        };
        return response.end(JSON.stringify({ Attributes }));
      }
      if (action === 'UpdateItem') {
        const given = (JSON.parse(body) as { ExpressionAttributeValues?: Record<string, object> })
          .ExpressionAttributeValues;
        if (given?.[':policy']) {
          const names = ['version', 'policy', 'recent', 'view'].filter((name) => given[`:${name}`]);
          item = Object.fromEntries(names.map((name) => [name, given[`:${name}`]]));
          // Size of the values, as DynamoDB counts it, without the type names.
          recorded.itemBytes = JSON.stringify(unmarshall(item)).length;
        }
        return response.end(JSON.stringify({ Attributes: item }));
      }
      if (action === 'BatchGetItem') {
        const { RequestItems } = JSON.parse(body) as { RequestItems: Record<string, { Keys: object[] }> };
        const answers = Object.entries(RequestItems).map(([table, { Keys }]) => [
          table,
          Keys.map((key) => ({ ...key, completed: { N: '7000' }, busySeconds: { N: '42000' } })),
        ]);
        return response.end(JSON.stringify({ Responses: Object.fromEntries(answers) as object }));
      }
      if (action === 'PutMetricData') {
        const cbor = request.headers['smithy-protocol'] === 'rpc-v2-cbor';
        if (cbor) response.setHeader('smithy-protocol', 'rpc-v2-cbor');
        // An empty map of CBOR.
        return response.end(cbor ? Buffer.from([0xa0]) : '{}');
      }
      return response.end('{}');
    });
  });
  return Object.assign(recorded, { url, close: () => void close() });
}
