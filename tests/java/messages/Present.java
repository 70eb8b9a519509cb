package org.apache.kafka.common.record.internal;

/** Makes the package exist: Kafka's record classes are in it from 4.3 on, and one package up before. */
final class Present {}
