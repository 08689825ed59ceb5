"""A client that does next to nothing with what it receives, so that the servers are what is measured."""

import socket
import ssl
import struct

from .servers import HOST

CHUNK = 256 * 1024
READY = b"Z\0\0\0\5I"


def message(tag, body):
    return tag + struct.pack("!i", len(body) + 4) + body


class Client:
    """One connection."""

    def __init__(self, target, user="postgres"):
        self.socket = socket.create_connection((HOST, target.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.tls:
            self.socket.sendall(struct.pack("!ii", 8, 80877103))
            if self.socket.recv(1) != b"S":
                raise RuntimeError("the server refuses TLS")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        names = f"user\0{user}\0database\0{target.database}\0\0".encode()
        self.socket.sendall(struct.pack("!ii", len(names) + 8, 196608) + names)
        self.until_ready()

    def close(self):
        self.socket.sendall(message(b"X", b""))
        self.socket.close()

    def query(self, text):
        """Runs a statement; gives the number of bytes in the answer."""
        self.socket.sendall(message(b"Q", text.encode() + b"\0"))
        return self.until_ready()

    def copy_in(self, text, rows):
        """Runs a COPY FROM STDIN with these CopyData messages."""
        self.socket.sendall(message(b"Q", text.encode() + b"\0"))
        if self.socket.recv(1) != b"G":
            raise RuntimeError("the server does not wait for copy data")
        self.socket.sendall(rows)
        self.socket.sendall(message(b"c", b""))
        self.until_ready()

    def until_ready(self):
        """Reads until the server is ready for a query; gives the number of bytes."""
        buffer = memoryview(bytearray(CHUNK))
        last, count = b"", 0
        while last != READY:
            read = self.socket.recv_into(buffer)
            if not read:
                raise RuntimeError(f"the connection is gone after {last!r}")
            count += read
            last = (last + bytes(buffer[max(0, read - len(READY)) : read]))[-len(READY) :]
        return count
