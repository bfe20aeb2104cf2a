"""
A STAMP sender made of scapy's layers (Debian package python3-scapy): packets that this project has no part in.

usage: scapy-sender.py HOST PORT   prints one JSON object for each reply, as scapy reads it
"""

import json
import socket
import sys
import time

from scapy.contrib.stamp import (
    ErrorEstimate,
    STAMPSessionReflectorTestUnauthenticated,
    STAMPSessionSenderTestUnauthenticated,
    STAMPTestTLV,
)

BASE_BYTES = 44
SSID = 0x1234
EXTRA_PADDING = 1
UNKNOWN = 251

host, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in host else socket.AF_INET
client = socket.socket(family, socket.SOCK_DGRAM)
client.settimeout(5)
client.connect((host, port))


def tlv(kind, value):
    return STAMPTestTLV(flags="U", type=kind, len=len(value), value=value)


def tlvs_of(data):
    """One by one: of version 2.5.0 the layer of the whole packet can't be dissected with TLVs."""
    while data:
        found = STAMPTestTLV(data)
        yield [int(found.flags), found.type, bytes(found.value).hex()]
        data = data[4 + found.len :]


def ask(seq, *tlvs):
    estimate = ErrorEstimate(S=1, scale=5, multiplier=9)
    packet = STAMPSessionSenderTestUnauthenticated(seq=seq, ts=time.time(), err_estimate=estimate, ssid=SSID)
    sent = bytes(packet) + b"".join(bytes(each) for each in tlvs)
    client.send(sent)
    received = client.recv(65535)
    reply = STAMPSessionReflectorTestUnauthenticated(received[:BASE_BYTES])
    return {
        "length": len(received) - len(sent),
        "copy": received[24:38] == sent[:14],
        "sequence": reply.seq,
        "session": reply.ssid,
        "synchronized": reply.err_estimate.S,
        "format": reply.err_estimate.Z,
        "multiplier": reply.err_estimate.multiplier,
        "senderSequence": reply.seq_sender,
        "senderScale": reply.err_estimate_sender.scale,
        "zeros": [reply.mbz1, reply.mbz2],
        "ttl": reply.ttl_sender,
        "received": float(reply.ts_rx),
        "sent": float(reply.ts),
        "tlvs": list(tlvs_of(received[BASE_BYTES:])),
    }


print(json.dumps(ask(70)))
print(json.dumps(ask(71, tlv(EXTRA_PADDING, b"abc"), tlv(UNKNOWN, b"xyz"))))
