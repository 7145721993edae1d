"""A whole client: python3 examples/interop/greet.py Ada"""
import socket
import sys

name = sys.argv[1].encode()
with socket.create_connection(("127.0.0.1", 4356)) as connection, connection.makefile("rb") as stream:
    connection.sendall(len(name).to_bytes(3, "big") + b"\x03" + (1).to_bytes(4, "big") + name)
    kind = 0x80
    while kind >= 0x80:  # what a client may skip
        header = stream.read(8) or sys.exit("The server closed the connection")
        kind = header[3]
        payload = stream.read(int.from_bytes(header[:3], "big"))
if kind != 0x04:
    sys.exit(f"Error 0x{payload[:2].hex()}")
print(payload.decode())
