import { PeerConnection } from "node-datachannel";
import { RTCIceCandidate, RTCPeerConnection, RTCSessionDescription } from "node-datachannel/polyfill";
import type { Options } from "simple-peer";

const CANDIDATE = "a=candidate:";

/**
 * libdatachannel's connection as simple-peer wants it: descriptions are plain objects that can be changed, made when they are asked for and
 * not by themselves (both ends open the gradient channel at once, and only one of them may offer), and candidates that stand in a
 * description come one by one behind it (in it they may be there before what they belong to).
 */
class NodePeerConnection extends RTCPeerConnection {
  readonly #native: PeerConnection;

  constructor(config: RTCConfiguration) {
    const iceServers = (config.iceServers ?? []).flatMap(addressesOf);
    const native = new PeerConnection("tabgrad", { iceServers, disableAutoNegotiation: true });
    super({ ...config, peerConnection: native });
    this.#native = native;
  }

  override async createOffer(): Promise<RTCSessionDescriptionInit> {
    this.#native.setLocalDescription("offer");
    return plain(await super.createOffer());
  }

  override async createAnswer(): Promise<RTCSessionDescriptionInit> {
    this.#native.setLocalDescription("answer");
    return plain(await super.createAnswer());
  }

  override async setLocalDescription(): Promise<void> {
    // it has been since it was made
  }

  override async setRemoteDescription({ type, sdp = "" }: RTCSessionDescriptionInit): Promise<void> {
    const lines = sdp.split("\r\n");
    const candidates = lines.filter((line) => line.startsWith(CANDIDATE));
    const others = lines.filter((line) => !line.startsWith(CANDIDATE));
    await super.setRemoteDescription({ type, sdp: others.join("\r\n") });
    for (const line of candidates) await this.addIceCandidate({ candidate: line.slice("a=".length), sdpMid: "0" });
  }

  /** A channel whose `send` says as a browser's that it is closing: by an InvalidStateError. */
  override createDataChannel(label: string, options: RTCDataChannelInit = {}): ReturnType<RTCPeerConnection["createDataChannel"]> {
    const channel = super.createDataChannel(label, options);
    const send = channel.send.bind(channel);
    channel.send = (data) => {
      try {
        send(data);
      } catch (cause) {
        throw new DOMException((cause as Error).message, "InvalidStateError");
      }
    };
    return channel;
  }
}

function plain({ type, sdp }: RTCSessionDescriptionInit): RTCSessionDescriptionInit {
  return { type, ...(sdp !== undefined && { sdp }) };
}

/** libdatachannel takes user and password of a TURN server in its address: turn:user:password@host:port. */
function addressesOf({ urls, username, credential }: RTCIceServer): readonly string[] {
  const addresses = typeof urls === "string" ? [urls] : urls;
  if (username === undefined || credential === undefined) return addresses;
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(credential)}@`;
  return addresses.map((address) => address.replace(":", `:${user}`));
}

/** What simple-peer takes for a browser's WebRTC; the package's types differ from a browser's in their events only. */
export const nodeWebRtc = { RTCPeerConnection: NodePeerConnection, RTCIceCandidate, RTCSessionDescription } as unknown as NonNullable<
  Options["wrtc"]
>;
