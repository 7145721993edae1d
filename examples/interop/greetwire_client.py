"""A Greetwire client in Python, standard library only, written from packages/protocol/SPEC.md.

Run it:           python3 greetwire_client.py 127.0.0.1 4356 Ada Eve
As an adapter:    greet conformance client -- python3 greetwire_client.py
"""

import asyncio
import json
import re
import struct
import sys

HELLO, WELCOME, NAME, GREETING, ERROR, PING, PONG, CANCEL, GOODBYE = range(1, 10)
MAX_PAYLOAD, INTERNAL = 4096, 0x83
LENGTHS = {WELCOME: (16, 271), GREETING: (0, 65535), ERROR: (6, 1030), PONG: (0, 0), GOODBYE: (2, 1026)}
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class Failed(Exception):
    """A request that did not end with a greeting; `executed` says whether it may have run."""

    def __init__(self, kind, executed="never", code=None):
        super().__init__(kind)
        self.kind, self.executed, self.code = kind, executed, code


class Violation(Exception):
    pass


def frame(kind, ident, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind]) + struct.pack(">I", ident) + payload


class Client:
    def __init__(self):
        self.last, self.open, self.waiting = 0, {}, []
        self.limits = None  # maxName, maxInFlight
        self.goodbye, self.fatal, self.ended, self.closing = False, False, False, False

    async def connect(self, host, port):
        self.welcomed = asyncio.get_running_loop().create_future()
        try:
            self.reader, self.writer = await asyncio.open_connection(host, port)
        except OSError:
            self.ended = True
            self.welcomed.set_result(None)
            raise Failed("connect") from None
        self.writer.write(frame(HELLO, 0, struct.pack(">HHI", 1, 1, MAX_PAYLOAD) + b"python-example"))
        self.task = asyncio.create_task(self.read())
        await self.welcomed

    async def greet(self, name):
        try:
            data = name.encode("utf-8")  # refuses lone surrogates
        except UnicodeEncodeError:
            raise Failed("usage") from None
        if not data or CONTROL.search(name):
            raise Failed("usage")
        if not self.welcomed.done():
            await asyncio.wait([self.welcomed])
        if self.limits and len(data) > self.limits[0]:
            raise Failed("usage")
        if self.limits is None or self.goodbye or self.fatal or self.ended or self.closing or self.last == 0xFFFFFFFF:
            raise Failed("connection")
        future = asyncio.get_running_loop().create_future()
        self.waiting.append((data, future))
        self.send_waiting()
        return await future

    async def close(self):
        self.closing = True
        self.end_if_done()
        await asyncio.wait([self.task], timeout=2)
        self.writer.close()

    def send_waiting(self):
        while self.waiting and len(self.open) < self.limits[1] and not (self.goodbye or self.fatal or self.ended):
            data, future = self.waiting.pop(0)
            self.last += 1
            self.open[self.last] = future
            self.writer.write(frame(NAME, self.last, data))

    def end_if_done(self):
        if (self.closing or self.goodbye) and not self.open and not self.waiting and not self.writer.is_closing():
            self.writer.write_eof()

    async def read(self):
        kept = b""
        try:
            while chunk := await self.reader.read(65536):
                kept = self.take(kept + chunk)
                if self.limits:
                    self.send_waiting()
                self.end_if_done()
        except ConnectionError:
            pass
        except Violation:
            self.fail_all("violation", "maybe")
            self.writer.transport.abort()
        self.ended = True
        self.fail_all("connection", "maybe")
        self.writer.close()

    def take(self, data):
        while data:
            if data[0] != 0:
                raise Violation("another protocol")
            if len(data) < 8:
                break
            length, kind = int.from_bytes(data[:3], "big"), data[3]
            if length > MAX_PAYLOAD:
                raise Violation("too long")
            if kind < 0x80:
                shortest, longest = LENGTHS.get(kind, (1, 0))
                if not shortest <= length <= longest:
                    raise Violation("a frame that a server must not send")
            if len(data) < 8 + length:
                break
            if kind < 0x80:
                self.judge(kind, int.from_bytes(data[4:8], "big"), data[8 : 8 + length])
            data = data[8 + length :]
        return data

    def judge(self, kind, ident, payload):
        """The table of section 4.4."""
        if self.fatal:
            raise Violation("a frame behind ERROR with id 0")
        if kind == WELCOME:
            version, max_name, max_payload, in_flight, _ = struct.unpack(">HHIII", payload[:16])
            legal = 1 <= max_name <= max_payload and 4096 <= max_payload <= 65535 and in_flight >= 1
            if self.limits or ident != 0 or version != 1 or not legal:
                raise Violation("WELCOME")
            self.limits = (max_name, in_flight)
            if not self.welcomed.done():
                self.welcomed.set_result(None)
        elif kind == GREETING:
            try:
                text = payload.decode("utf-8")
            except UnicodeDecodeError:
                raise Violation("a greeting that is not UTF-8") from None
            self.settle(ident).set_result(text)
        elif kind == ERROR:
            (code,) = struct.unpack(">H", payload[:2])
            if ((code & 0x7FFF) >= 0x100) != (ident > 0):
                raise Violation("a code that does not fit its id")
            if ident > 0:
                executed = "maybe" if (code & 0x7FFF) >= 0x300 else "never"
                self.settle(ident).set_exception(Failed("request", executed, code))
            else:
                self.fatal = True
                self.fail_all("connection", "maybe" if code == INTERNAL else "never", code)
        elif kind == GOODBYE:
            if self.goodbye or ident > self.last:
                raise Violation("GOODBYE")
            self.goodbye = True
            for above in [one for one in self.open if one > ident]:
                self.open.pop(above).set_exception(Failed("connection"))
            self.fail_waiting("connection")
        else:
            raise Violation("a PONG of no PING")

    def settle(self, ident):
        if ident not in self.open:
            raise Violation("an answer to no request")
        return self.open.pop(ident)

    def fail_all(self, kind, executed, code=None):
        for future in self.open.values():
            future.set_exception(Failed(kind, executed, code))
        self.open.clear()
        self.fail_waiting(kind, code)
        if not self.welcomed.done():
            self.welcomed.set_exception(Failed(kind, "never", code))

    def fail_waiting(self, kind, code=None):
        for _, future in self.waiting:
            future.set_exception(Failed(kind, "never", code))
        self.waiting.clear()


async def adapter():
    """The suite's commands on stdin, outcomes on stdout."""
    clients = {}

    async def obey(command):
        what, client = command["command"], clients.get(command.get("connection"))
        try:
            if what == "connect" and not (command["options"].keys() - {"timeoutMs", "retry"}):
                clients[command["connection"]] = client = Client()
                await client.connect(command["host"], command["port"])
                outcome = {"outcome": "connected"}
            elif what == "greet":
                outcome = {"outcome": "greeting", "greeting": await client.greet(command["name"])}
            elif what == "close":
                await client.close()
                outcome = {"outcome": "closed"}
            else:
                outcome = {"outcome": "unsupported"}
        except Failed as failed:
            detail = {"kind": failed.kind, "executed": failed.executed}
            outcome = {"outcome": "error", "error": detail | ({"code": failed.code} if failed.code else {})}
        print(json.dumps({"id": command["id"], **outcome}), flush=True)

    print(json.dumps({"ready": True, "features": ["hello"]}), flush=True)
    stdin = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    tasks = set()
    while line := await stdin.readline():
        task = asyncio.create_task(obey(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def greet_all(host, port, names):
    client = Client()
    await client.connect(host, int(port))
    for greeting in await asyncio.gather(*(client.greet(name) for name in names)):
        print(greeting)
    await client.close()


asyncio.run(greet_all(sys.argv[1], sys.argv[2], sys.argv[3:]) if len(sys.argv) > 3 else adapter())
