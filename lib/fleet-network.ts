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
  /** @default - private ones with a route to the internet where there are any, else public ones */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /** Of a new one. @default - those that the CDK chooses */
  readonly availabilityZones?: string[];
}

export class FleetNetwork extends Construct {
  readonly vpc: ec2.IVpc;
  readonly securityGroup: ec2.SecurityGroup;
  readonly subnets: ec2.SubnetSelection;
  /** Whether the subnets are public. */
  readonly hasPublic: boolean;

  constructor(scope: Construct, id: string, props: FleetNetworkProps = {}) {
    super(scope, id);
    this.vpc = props.vpc ?? this.newVpc(props.availabilityZones ?? []);
    const named = props.availabilityZones ?? [];
    if (props.vpc && named.length > 0) {
      throw invalidProps(scope, [
        `availabilityZones [${named.join(', ')}]: of the fleet's own network only, and vpc is given; vpcSubnets chooses its zones`,
      ]);
    }
    this.subnets = props.vpcSubnets ?? usableSubnets(scope, this.vpc);
    this.hasPublic = hasPublicSubnets(scope, this.vpc, this.subnets);
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

const countsOf = (vpc: ec2.IVpc) =>
  `${vpc.publicSubnets.length} public, ${vpc.privateSubnets.length} private with egress and ${vpc.isolatedSubnets.length} isolated subnets`;

/** @throws Error for a network in which nothing has a route to the internet */
function usableSubnets(scope: Construct, vpc: ec2.IVpc): ec2.SubnetSelection {
  if (vpc.privateSubnets.length > 0) return { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
  if (vpc.publicSubnets.length > 0) return { subnetType: ec2.SubnetType.PUBLIC };
  throw invalidProps(scope, [
    `vpc '${vpc.node.path}': one with public subnets or private ones with egress, and it has ${countsOf(vpc)}; in vpcSubnets name isolated ones that have endpoints`,
  ]);
}

/** @throws Error for a selection of no subnet */
function hasPublicSubnets(scope: Construct, vpc: ec2.IVpc, selection: ec2.SubnetSelection): boolean {
  const refused = (why: string) =>
    invalidProps(scope, [
      `vpcSubnets: a choice of at least one subnet of '${vpc.node.path}', which has ${countsOf(vpc)}; ${why}`,
    ]);
  let selected: ec2.SelectedSubnets;
  try {
    selected = vpc.selectSubnets(selection);
  } catch (error) {
    throw refused((error as Error).message);
  }
  if (selected.subnets.length === 0) throw refused('this one chooses none');
  return selected.hasPublic;
}
