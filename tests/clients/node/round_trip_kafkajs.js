// kafkajs: see the README beside this folder.
"use strict";

const { CompressionTypes, Kafka, logLevel } = require("kafkajs");

const { BOOTSTRAP, TOPIC, GROUP, CLIENT, COMPRESSION, MECHANISM, LOGIN, PASSWORD } = process.env;
const COUNT = Number(process.env.COUNT);
const PATIENCE_MS = 120_000;

const kafka = new Kafka({
  brokers: [BOOTSTRAP],
  clientId: CLIENT,
  logLevel: logLevel.ERROR,
  ...(MECHANISM && {
    sasl: { mechanism: MECHANISM.toLowerCase(), username: LOGIN, password: PASSWORD },
  }),
});

async function produce() {
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: COUNT }, (_, number) => ({
    key: String(number),
    value: `value of record ${number}`,
  }));
  const compression = COMPRESSION ? CompressionTypes.GZIP : CompressionTypes.None;
  await producer.send({ topic: TOPIC, acks: -1, compression, messages });
  await producer.disconnect();
}

async function consume() {
  const consumer = kafka.consumer({ groupId: GROUP });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  let seen = 0;
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const eachBatch = async ({ batch, resolveOffset, commitOffsetsIfNecessary, uncommittedOffsets }) => {
      seen += batch.messages.length;
      resolveOffset(batch.lastOffset());
      await commitOffsetsIfNecessary(uncommittedOffsets());
      if (seen >= COUNT) resolve();
    };
    consumer.run({ autoCommit: false, eachBatch }).catch(reject);
  });
  await consumer.disconnect();
  if (seen !== COUNT) throw new Error(`${seen} of ${COUNT} records came back`);
}

setTimeout(() => {
  console.error("it takes too long");
  process.exit(1);
}, PATIENCE_MS).unref();

produce()
  .then(consume)
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
