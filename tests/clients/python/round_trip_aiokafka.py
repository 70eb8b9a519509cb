"""aiokafka: see the README beside this folder."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

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


async def produce():
    async with AIOKafkaProducer(
        **configuration(), acks="all", compression_type=settings.COMPRESSION
    ) as producer:
        for number in range(settings.COUNT):
            await producer.send(settings.TOPIC, key=b"%d" % number, value=settings.value(number))
        await producer.flush()


async def consume():
    consumer = AIOKafkaConsumer(
        settings.TOPIC,
        **configuration(),
        group_id=settings.GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    seen = 0
    async with consumer:
        while seen < settings.COUNT:
            batches = await consumer.getmany(timeout_ms=1_000)
            seen += sum(map(len, batches.values()))
        await consumer.commit()
    settings.check(seen)


async def main():
    await asyncio.wait_for(produce(), settings.PATIENCE)
    await asyncio.wait_for(consume(), settings.PATIENCE)


asyncio.run(main())
