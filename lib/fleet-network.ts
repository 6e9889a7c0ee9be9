/** The network of the fleet: public subnets, no inbound rule, no NAT gateway to pay for. */
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { acknowledge } from './permissions.ts';
import { invalidProps } from './props.ts';

/** Zones where none are named. A stack without a region gets two: not every region has a third. */
const MAX_AZS = 3;

export interface FleetNetworkProps {
  /** @default - a new one */
  readonly vpc?: ec2.IVpc;
  /** Of a new one. @default - those that the CDK chooses */
  readonly availabilityZones?: string[];
}

export class FleetNetwork extends Construct {
  readonly vpc: ec2.IVpc;
  readonly securityGroup: ec2.SecurityGroup;
  /** Subnets with a route to the internet: private ones where there are any. */
  readonly subnets: ec2.SubnetSelection;

  constructor(scope: Construct, id: string, props: FleetNetworkProps = {}) {
    super(scope, id);
    this.vpc = props.vpc ?? this.newVpc(props.availabilityZones ?? []);
    const named = props.availabilityZones ?? [];
    if (props.vpc && named.length > 0) {
      throw invalidProps(scope, [
        `availabilityZones [${named.join(', ')}]: of the fleet's own network only, and vpc is given; vpcSubnets chooses its zones`,
      ]);
    }
    const { PRIVATE_WITH_EGRESS, PUBLIC } = ec2.SubnetType;
    this.subnets = { subnetType: this.vpc.privateSubnets.length > 0 ? PRIVATE_WITH_EGRESS : PUBLIC };
    this.securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'GPU instances: no inbound rule, use Session Manager for a shell',
      allowAllOutbound: true,
    });
  }

  private newVpc(zones: string[]): ec2.Vpc {
    const vpc = new ec2.Vpc(this, 'Vpc', {
      ...(zones.length > 0 ? { availabilityZones: zones } : { maxAzs: MAX_AZS }),
      natGateways: 0,
      subnetConfiguration: [{ name: 'fleet', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 20 }],
      // Restricting it needs a custom resource, and nothing uses the default security group.
      restrictDefaultSecurityGroup: false,
      gatewayEndpoints: {
        S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
        DynamoDB: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    acknowledge(
      vpc,
      'AwsSolutions-VPC7',
      'no inbound traffic, and outbound traffic goes to AWS; a flow log costs for each gigabyte of photos',
    );
    return vpc;
  }
}
