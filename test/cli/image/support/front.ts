/**
 * A proxy that adds what the local AWS lacks for image commands: images with their tags and sizes, the mixed instances
 * policy of a group, and the element names by which the SDK reads security groups of a launch template.
 */
import { createServer, request as send, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { DeleteSnapshotCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { XMLBuilder } from 'fast-xml-parser';

export interface FrontImage {
  id: string;
  createdAt: string;
  state: string;
  tags: Record<string, string>;
  snapshot: string;
  /** Of its snapshot. */
  bytes?: number;
  deprecatedAt?: string;
}

export interface Call {
  action: string;
  form: URLSearchParams;
}

export interface ApiError {
  action: string;
  code: string;
  times: number;
}

const xml = new XMLBuilder({ suppressEmptyNode: true });

export class Front {
  readonly images = new Map<string, FrontImage>();
  readonly calls: Call[] = [];
  /** Errors in place of the action. */
  readonly refusals: ApiError[] = [];
  mixedInstances: object = {};
  /** Called for each launch before its response is sent. */
  onLaunch: (instanceId: string) => Promise<void> | void = () => undefined;

  private readonly server = createServer((request, response) => {
    this.answer(request).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (error: Error) => response.writeHead(599).end(error.stack),
    );
  });

  private constructor(
    private readonly upstream: string,
    private readonly ec2: EC2Client,
  ) {}

  static async start(upstream: string, ec2: EC2Client): Promise<Front> {
    const front = new Front(upstream, ec2);
    await new Promise<void>((resolve) => front.server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  reset(): void {
    this.images.clear();
    this.calls.length = 0;
    this.refusals.length = 0;
    this.onLaunch = () => undefined;
  }

  of = (action: string): URLSearchParams[] =>
    this.calls.filter((call) => call.action === action).map(({ form }) => form);

  private async answer(request: IncomingMessage): Promise<{ status: number; type: string; body: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const target = request.headers['x-amz-target'];
    const form = new URLSearchParams(target ? '' : body);
    const action = typeof target === 'string' ? (target.split('.')[1] ?? '') : (form.get('Action') ?? '');
    this.calls.push({ action, form });
    const answered = (status: number, content: object) => ({
      status,
      type: 'text/xml',
      body: xml.build(content),
    });
    const refusal = this.refusals.find((one) => one.action === action && one.times > 0);
    if (refusal) {
      refusal.times--;
      const Error = { Code: refusal.code, Message: `refused: ${refusal.code}` };
      return answered(400, { Response: { Errors: { Error }, RequestID: '1' } });
    }
    if (action === 'DescribeImages') return answered(200, this.describeImages(form));
    if (action === 'CreateTags' && this.tag(form))
      return answered(200, { CreateTagsResponse: { return: true } });
    if (action === 'DescribeSnapshots' && form.has('SnapshotId.1'))
      return answered(200, this.describeSnapshot(form));
    if (action === 'DeregisterImage') return answered(200, await this.deregisterImage(form));
    const passed = await this.pass(request, body);
    if (action === 'DescribeAutoScalingGroups') {
      const policy = xml.build({ MixedInstancesPolicy: this.mixedInstances });
      return {
        ...passed,
        body: passed.body.replace('<LaunchConfigurationName', `${policy}<LaunchConfigurationName`),
      };
    }
    if (action === 'DescribeLaunchTemplateVersions') {
      const items = (set: string) => set.replace(/(<\/?)item>/g, '$1groupId>');
      return { ...passed, body: passed.body.replace(/<groupSet>.*?<\/groupSet>/gs, items) };
    }
    if (action === 'RunInstances') {
      const [, id] = /<instanceId>([^<]+)</.exec(passed.body) ?? [];
      if (id) await this.onLaunch(id);
    }
    return passed;
  }

  private async pass({ method, url, headers }: IncomingMessage, body: string) {
    // With its Host, which is part of the signature.
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      send(this.upstream + url, { method, headers }, resolve)
        .on('error', reject)
        .end(body);
    });
    const { statusCode: status = 599, headers: answered } = answer;
    return { status, type: answered['content-type'] ?? 'text/xml', body: await text(answer) };
  }

  private describeImages(form: URLSearchParams): object {
    const [name, value] = [form.get('Filter.1.Name') ?? '', form.get('Filter.1.Value.1') ?? ''];
    const asked = form.get('ImageId.1');
    if (asked === null && (form.get('Owner.1') !== 'self' || !name.startsWith('tag:')))
      throw new Error(`unfiltered images: ${form}`);
    const found = [...this.images.values()].filter(({ id, tags }) =>
      asked === null ? tags[name.slice('tag:'.length)] === value : id === asked,
    );
    const item = found.map(({ id, createdAt, state, tags, snapshot, deprecatedAt }) => ({
      blockDeviceMapping: { item: { deviceName: '/dev/sda1', ebs: { snapshotId: snapshot } } },
      imageId: id,
      creationDate: createdAt,
      imageState: state,
      ...(deprecatedAt && { deprecationTime: deprecatedAt }),
      tagSet: { item: Object.entries(tags).map(([key, text]) => ({ key, value: text })) },
    }));
    return { DescribeImagesResponse: { imagesSet: { item } } };
  }

  /** @returns whether the resource is an image */
  private tag(form: URLSearchParams): boolean {
    const image = this.images.get(form.get('ResourceId.1') ?? '');
    if (image) image.tags[form.get('Tag.1.Key') ?? ''] = form.get('Tag.1.Value') ?? '';
    return image !== undefined;
  }

  private describeSnapshot(form: URLSearchParams): object {
    const id = form.get('SnapshotId.1');
    const { bytes } = [...this.images.values()].find(({ snapshot }) => snapshot === id) ?? {};
    const item = { snapshotId: id, ...(bytes && { fullSnapshotSizeInBytes: bytes }) };
    return { DescribeSnapshotsResponse: { snapshotSet: { item } } };
  }

  private async deregisterImage(form: URLSearchParams): Promise<object> {
    const image = this.images.get(form.get('ImageId') ?? '');
    if (!image) throw new Error(`no image ${form}`);
    this.images.delete(image.id);
    if (form.get('DeleteAssociatedSnapshots') === 'true') {
      await this.ec2.send(new DeleteSnapshotCommand({ SnapshotId: image.snapshot }));
    }
    return { DeregisterImageResponse: { return: true } };
  }
}
