import gossipPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import { type GrpcService, unary } from './dispatcher.js';
import { shared } from '../protobuf.js';

const { ClusterInfo, EndPoint, MemberInfo } = gossipPb;

/** What gossip tells of the node. */
export interface GossipNode {
  readonly instanceId: string;
  port(): number;
  nowMs(): number;
}

/** The Gossip service of a cluster of one, which leads itself. Everybody may ask. */
export function gossipService(node: GossipNode): GrpcService {
  return {
    name: 'event_store.client.gossip.Gossip',
    methods: { Read: unary(shared.Empty, () => new ClusterInfo().setMembersList([describe(node)])) },
  };
}

function describe(node: GossipNode): InstanceType<typeof MemberInfo> {
  const halves = Buffer.from(node.instanceId.replaceAll('-', ''), 'hex');
  const structured = new shared.UUID.Structured()
    .setMostSignificantBits(String(halves.readBigInt64BE(0)))
    .setLeastSignificantBits(String(halves.readBigInt64BE(8)));
  return new MemberInfo()
    .setInstanceId(new shared.UUID().setStructured(structured))
    .setTimeStamp(String(BigInt(Math.trunc(node.nowMs())) * 10_000n))
    .setState(MemberInfo.VNodeState.LEADER)
    .setIsAlive(true)
    .setHttpEndPoint(new EndPoint().setAddress('localhost').setPort(node.port()));
}
