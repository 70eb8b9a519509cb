package org.apache.kafka.common.record.internal;

/** Makes the package exist: newer Kafkas have their record classes here, older ones one package up. */
final class Present {}
