"""What a round trip is asked to do."""

import os
import sys

BOOTSTRAP = os.environ["BOOTSTRAP"]
TOPIC = os.environ["TOPIC"]
GROUP = os.environ["GROUP"]
CLIENT = os.environ["CLIENT"]
COUNT = int(os.environ["COUNT"])
COMPRESSION = os.environ.get("COMPRESSION")
PROTOCOL = os.environ.get("PROTOCOL")
MECHANISM = os.environ.get("MECHANISM")
LOGIN = os.environ.get("LOGIN")
PASSWORD = os.environ.get("PASSWORD")

# Seconds that producing, and consuming, may take.
PATIENCE = 60


def value(number):
    return b"value of record %d" % number


def check(seen):
    if seen != COUNT:
        sys.exit(f"{seen} of {COUNT} records came back")
