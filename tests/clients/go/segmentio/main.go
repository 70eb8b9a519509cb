// kafka-go: see the README beside this folder's parent.
package main

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"

	"clients/settings"
)

func main() {
	ctx, cancel := settings.Deadline()
	defer cancel()
	produce(ctx)
	consume(ctx)
}

func produce(ctx context.Context) {
	writer := kafka.Writer{
		Addr:         kafka.TCP(settings.Bootstrap),
		Topic:        settings.Topic,
		RequiredAcks: kafka.RequireAll,
		Transport:    &kafka.Transport{ClientID: settings.Client, SASL: mechanism()},
	}
	if settings.IsCompressed {
		writer.Compression = kafka.Gzip
	}
	var messages []kafka.Message
	for number := range settings.Count {
		messages = append(messages, kafka.Message{Key: settings.Key(number), Value: settings.Value(number)})
	}
	settings.Must(writer.WriteMessages(ctx, messages...))
	settings.Must(writer.Close())
}

func consume(ctx context.Context) {
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers:     []string{settings.Bootstrap},
		Topic:       settings.Topic,
		GroupID:     settings.Group,
		StartOffset: kafka.FirstOffset,
		MaxWait:     time.Second,
		Dialer:      &kafka.Dialer{ClientID: settings.Client, SASLMechanism: mechanism()},
	})
	var messages []kafka.Message
	for range settings.Count {
		message, err := reader.FetchMessage(ctx)
		settings.Must(err)
		messages = append(messages, message)
	}
	settings.Must(reader.CommitMessages(ctx, messages...))
	settings.Must(reader.Close())
}

func mechanism() sasl.Mechanism {
	if settings.Mechanism == "" {
		return nil
	}
	return plain.Mechanism{Username: settings.Login, Password: settings.Password}
}
