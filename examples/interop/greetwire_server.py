"""A Greetwire server in Python, standard library only, written from packages/protocol/SPEC.md.

Run it:           python3 greetwire_server.py 4356
As an adapter:    greet conformance server -- python3 greetwire_server.py

It greets at once, so nothing is ever in flight while it reads, and much of the specification becomes simple.
"""

import asyncio
import json
import os
import re
import signal
import struct
import sys

HELLO, WELCOME, NAME, GREETING, ERROR, PING, PONG, CANCEL, GOODBYE = range(1, 10)
PROTOCOL_VIOLATION, UNSUPPORTED_VERSION, PAYLOAD_TOO_LARGE, UNKNOWN_TYPE, TIMEOUT = 1, 2, 3, 4, 0x81
INVALID_NAME, NAME_TOO_LONG, GREETING_TOO_LONG = 0x101, 0x102, 0x105
MAX_NAME, MAX_PAYLOAD, MAX_IN_FLIGHT, IDLE_NEVER = 1024, 4096, 256, 0
FRAME_SECONDS, STALL_SECONDS, LINGER_SECONDS = 30, 30, 2
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class Violation(Exception):
    def __init__(self, code, detail=0):
        self.code, self.detail = code, detail


def frame(kind, ident, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind]) + struct.pack(">I", ident) + payload


def error(ident, code, detail=0):
    return frame(ERROR, ident, struct.pack(">HI", code, detail))


def is_clean(text):
    try:
        return not CONTROL.search(text.decode("utf-8"))
    except UnicodeDecodeError:
        return False


class Connection:
    """What section 4 knows of a connection: is it fresh, the highest id seen, the client's limit, is our side finished."""

    def __init__(self):
        self.fresh, self.last, self.client_max, self.finished = True, 0, 4096, False

    def judge_header(self, length, kind, ident):
        """Section 5.3: length, then type, then direction, length of the type, id and state."""
        if length > MAX_PAYLOAD:
            raise Violation(PAYLOAD_TOO_LARGE, MAX_PAYLOAD)
        if kind >= 0x80:
            return
        if not HELLO <= kind <= GOODBYE:
            raise Violation(UNKNOWN_TYPE)
        legal = {
            HELLO: self.fresh and ident == 0 and 8 <= length <= 263,
            NAME: ident > self.last,
            PING: length == 0,
            CANCEL: length == 0 and 0 < ident <= self.last,
        }
        if not legal.get(kind, False):
            raise Violation(PROTOCOL_VIOLATION)

    def answer(self, kind, ident, payload):
        if kind == PING:
            return frame(PONG, ident)
        if kind == HELLO:
            return self.hello(payload)
        if kind == NAME:
            self.fresh, self.last = False, ident
            return self.greet(ident, payload)
        return b""  # CANCEL of a request that is answered, or an ignorable frame

    def hello(self, payload):
        low, high, limit = struct.unpack(">HHI", payload[:8])
        if low == 0 or low > high:
            raise Violation(PROTOCOL_VIOLATION)
        if low > 1:
            raise Violation(UNSUPPORTED_VERSION, 0x0001_0001)
        if limit < 4096 or not is_clean(payload[8:]):
            raise Violation(PROTOCOL_VIOLATION)
        self.fresh, self.client_max = False, min(limit, 65535)
        limits = struct.pack(">HHIII", 1, MAX_NAME, MAX_PAYLOAD, MAX_IN_FLIGHT, IDLE_NEVER)
        return frame(WELCOME, 0, limits + b"python-example")

    def greet(self, ident, name):
        if len(name) > MAX_NAME:
            return error(ident, NAME_TOO_LONG, MAX_NAME)
        if not name or not is_clean(name):
            return error(ident, INVALID_NAME)
        if len(name) + 6 > self.client_max:
            return error(ident, GREETING_TOO_LONG, self.client_max)
        return frame(GREETING, ident, b"Hello " + name)


class Server:
    def __init__(self):
        self.open = {}
        self.stopping = False

    async def serve(self, reader, writer):
        connection = Connection()
        self.open[writer] = connection
        try:
            await self.converse(connection, reader, writer)
        except (ConnectionError, TimeoutError, asyncio.TimeoutError):
            writer.transport.abort()
        finally:
            self.open.pop(writer, None)
            writer.close()

    async def converse(self, connection, reader, writer):
        kept = b""
        loop = asyncio.get_running_loop()
        begun = None
        try:
            while not self.stopping:
                left = FRAME_SECONDS - (loop.time() - begun) if begun is not None else None
                try:
                    chunk = await asyncio.wait_for(reader.read(65536), left)
                except (asyncio.TimeoutError, TimeoutError):
                    raise Violation(TIMEOUT) from None
                if connection.finished:
                    break  # stop() came while we waited; what still arrives is discarded
                if not chunk:
                    if kept:
                        raise Violation(PROTOCOL_VIOLATION)
                    break
                had_begun = bool(kept)
                kept, output, completed, violation = self.judge(connection, kept + chunk)
                begun = None if not kept else (begun if had_begun and not completed else loop.time())
                writer.write(output)
                if violation:
                    raise violation
                await asyncio.wait_for(writer.drain(), STALL_SECONDS)
        except Violation as violation:
            self.finish(connection, writer, error(0, violation.code, violation.detail))
        self.finish(connection, writer)
        await asyncio.wait_for(writer.drain(), STALL_SECONDS)
        await self.linger(reader)

    @staticmethod
    def finish(connection, writer, last_words=b""):
        """Writes the last frame and FIN, once: behind them nothing may be written."""
        if connection.finished or writer.is_closing():
            return
        connection.finished = True
        writer.write(last_words)
        writer.write_eof()

    @staticmethod
    def judge(connection, data):
        """Judges all whole frames; what came before a violation is still answered."""
        output, at = [], 0
        try:
            while at < len(data):
                if data[at] != 0:
                    raise Violation(PAYLOAD_TOO_LARGE, MAX_PAYLOAD)
                if len(data) - at < 8:
                    break
                length, kind = int.from_bytes(data[at : at + 3], "big"), data[at + 3]
                ident = int.from_bytes(data[at + 4 : at + 8], "big")
                connection.judge_header(length, kind, ident)
                if len(data) - at < 8 + length:
                    break
                output.append(connection.answer(kind, ident, data[at + 8 : at + 8 + length]))
                at += 8 + length
        except Violation as violation:
            return b"", b"".join(output), at > 0, violation
        return data[at:], b"".join(output), at > 0, None

    @staticmethod
    async def linger(reader):
        """Reads on until the client's FIN, so that what was written arrives."""
        async def discard():
            while await reader.read(65536):
                pass

        try:
            await asyncio.wait_for(discard(), LINGER_SECONDS)
        except (asyncio.TimeoutError, TimeoutError):
            pass

    def stop(self):
        """Nothing is in flight, so GOODBYE is followed by FIN at once."""
        self.stopping = True
        for writer, connection in self.open.items():
            self.finish(connection, writer, frame(GOODBYE, connection.last, struct.pack(">H", 1)))


async def main():
    if len(sys.argv) > 1:
        port = int(sys.argv[1])
    else:
        if json.loads(sys.stdin.readline()):
            sys.exit(89)  # this small server has no options
        port = 0
    server = Server()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", port, backlog=512)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    host, port = listener.sockets[0].getsockname()
    print(json.dumps({"host": host, "port": port, "pid": os.getpid(), "features": []}), flush=True)
    await stopped.wait()
    listener.close()
    server.stop()
    deadline = asyncio.get_running_loop().time() + LINGER_SECONDS
    while server.open and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.01)


asyncio.run(main())
