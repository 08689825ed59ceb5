#!/usr/bin/env python3
"""A server that logs the role `idle` in and answers each of its queries with nothing; everybody else is passed on to a real server.

So thousands of sessions need no thousands of server processes. `stub.py <port> <port of the real server>`.
"""

import asyncio
import struct
import sys

HOST = "127.0.0.1"
WELCOME = b"".join(
    [
        b"R" + struct.pack("!ii", 8, 0),
        *(
            b"S" + struct.pack("!i", len(setting) + 4) + setting
            for setting in (
                b"server_version\x0015.0\0",
                b"server_encoding\0UTF8\0",
                b"client_encoding\0UTF8\0",
                b"standard_conforming_strings\0on\0",
                b"application_name\0\0",
                b"DateStyle\0ISO, MDY\0",
                b"TimeZone\0UTC\0",
                b"integer_datetimes\0on\0",
                b"IntervalStyle\0postgres\0",
                b"is_superuser\0off\0",
                b"session_authorization\0idle\0",
            )
        ),
        b"K" + struct.pack("!iii", 12, 1, 1),
        b"Z\0\0\0\5I",
    ]
)
NOTHING = b"C\0\0\0\x0dSELECT 0\0" + b"Z\0\0\0\5I"


async def serve(client, back, real):
    try:
        packet = await read_startup(client)
        if b"user\0idle\0" in packet:
            back.write(WELCOME)
            await answer(client, back)
        else:
            await pass_on(client, back, packet, real)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        back.close()


async def read_startup(client):
    length = await client.readexactly(4)
    return length + await client.readexactly(struct.unpack("!i", length)[0] - 4)


async def answer(client, back):
    while True:
        header = await client.readexactly(5)
        await client.readexactly(struct.unpack("!i", header[1:])[0] - 4)
        if header[:1] == b"X":
            return
        if header[:1] == b"Q":
            back.write(NOTHING)


async def pass_on(client, back, packet, real):
    server, forth = await asyncio.open_connection(HOST, real)
    forth.write(packet)

    async def copy(source, sink):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.close()

    await asyncio.gather(copy(client, forth), copy(server, back))


async def main(port, real):
    server = await asyncio.start_server(lambda *ends: serve(*ends, real), HOST, port, backlog=8192)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
