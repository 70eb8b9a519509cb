"""kafka-python: see the README beside this folder."""

import time

from kafka import KafkaConsumer, KafkaProducer

import settings


def configuration():
    common = {
        "bootstrap_servers": settings.BOOTSTRAP,
        "client_id": settings.CLIENT,
    }
    if settings.MECHANISM:
        common |= {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": settings.MECHANISM,
            "sasl_plain_username": settings.LOGIN,
            "sasl_plain_password": settings.PASSWORD,
        }
    return common


def produce():
    producer = KafkaProducer(
        **configuration(), acks="all", compression_type=settings.COMPRESSION
    )
    sent = [
        producer.send(settings.TOPIC, key=b"%d" % number, value=settings.value(number))
        for number in range(settings.COUNT)
    ]
    producer.flush(settings.PATIENCE)
    for future in sent:
        future.get(timeout=settings.PATIENCE)
    producer.close()


def consume():
    consumer = KafkaConsumer(
        settings.TOPIC,
        **configuration(),
        group_id=settings.GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    seen, deadline = 0, time.monotonic() + settings.PATIENCE
    while seen < settings.COUNT and time.monotonic() < deadline:
        seen += sum(map(len, consumer.poll(1_000).values()))
    consumer.commit()
    consumer.close()
    settings.check(seen)


produce()
consume()
