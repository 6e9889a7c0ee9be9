/** Where the fleet stands: in a network of its own, public subnets without an inbound rule, and no NAT gateway to pay for. */
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { acknowledge } from './permissions.ts';

/** Zones to look for GPU capacity in. A stack that names no region can count on two. */
const MAX_AZS = 3;

export interface FleetNetworkProps {
  /** @default - a new one */
  readonly vpc?: ec2.IVpc;
}

export class FleetNetwork extends Construct {
  readonly vpc: ec2.IVpc;
  readonly securityGroup: ec2.SecurityGroup;
  /** Those that have a way out: private ones where there are any. */
  readonly subnets: ec2.SubnetSelection;

  constructor(scope: Construct, id: string, props: FleetNetworkProps = {}) {
    super(scope, id);
    this.vpc = props.vpc ?? this.newVpc();
    const { PRIVATE_WITH_EGRESS, PUBLIC } = ec2.SubnetType;
    this.subnets = { subnetType: this.vpc.privateSubnets.length > 0 ? PRIVATE_WITH_EGRESS : PUBLIC };
    this.securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'GPU instances: nothing comes in, Session Manager is the way to a shell',
      allowAllOutbound: true,
    });
  }

  private newVpc(): ec2.Vpc {
    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: MAX_AZS,
      natGateways: 0,
      subnetConfiguration: [{ name: 'fleet', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 20 }],
      // Would need a custom resource; nothing here uses the default security group.
      restrictDefaultSecurityGroup: false,
      gatewayEndpoints: {
        S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
        DynamoDB: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    acknowledge(
      vpc,
      'AwsSolutions-VPC7',
      'nothing can come in, and what goes out goes to AWS; a flow log bills each gigabyte of photos that passes',
    );
    return vpc;
  }
}
