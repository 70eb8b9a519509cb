"""A TLS connection to BOOTSTRAP that lasts until standard input ends: says "connected" when it is."""

import os
import socket
import ssl
import sys

host, port = os.environ["BOOTSTRAP"].rsplit(":", 1)
context = ssl.create_default_context()
# The broker's certificate is its own.
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
with context.wrap_socket(socket.create_connection((host, int(port)))) as connection:
    # ApiVersions v0, correlation id 1, no client id.
    connection.sendall(bytes([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]))
    connection.recv(4)
    print("connected", flush=True)
    sys.stdin.read()
