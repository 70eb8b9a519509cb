"""confluent-kafka, which is librdkafka: see the README beside this folder."""

import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer

import settings


def configuration():
    common = {
        "bootstrap.servers": settings.BOOTSTRAP,
        "client.id": settings.CLIENT,
    }
    if settings.MECHANISM:
        common |= {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": settings.MECHANISM,
            "sasl.username": settings.LOGIN,
            "sasl.password": settings.PASSWORD,
        }
    return common


def produce():
    failures = []
    producer = Producer(configuration() | {"compression.type": settings.COMPRESSION or "none"})
    for number in range(settings.COUNT):
        producer.produce(
            settings.TOPIC,
            key=str(number),
            value=settings.value(number),
            on_delivery=lambda error, _: failures.append(error) if error else None,
        )
        producer.poll(0)
    left = producer.flush(settings.PATIENCE)
    if left or failures:
        sys.exit(f"{left} not sent, {failures[:1]}")


def consume():
    consumer = Consumer(
        configuration()
        | {
            "group.id": settings.GROUP,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "group.protocol": settings.PROTOCOL or "classic",
        }
    )
    consumer.subscribe([settings.TOPIC])
    seen, deadline = 0, time.monotonic() + settings.PATIENCE
    while seen < settings.COUNT and time.monotonic() < deadline:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        seen += 1
    consumer.commit(asynchronous=False)
    consumer.close()
    settings.check(seen)


produce()
consume()
