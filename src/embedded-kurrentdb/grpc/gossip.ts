import gossipPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import { type GrpcService, unary } from './dispatcher.js';
import { shared } from '../protobuf.js';

const { ClusterInfo, EndPoint, MemberInfo } = gossipPb;

/** Properties of the node that gossip reports. */
export interface GossipNode {
  readonly instanceId: string;
  port(): number;
  nowMs(): number;
}

/** The Gossip service of a single-node cluster. Open to anonymous callers. */
export function gossipService(node: GossipNode): GrpcService {
  return {
    name: 'event_store.client.gossip.Gossip',
    methods: { Read: unary(shared.Empty, () => new ClusterInfo().setMembersList([memberInfo(node)])) },
  };
}

function memberInfo(node: GossipNode): InstanceType<typeof MemberInfo> {
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
