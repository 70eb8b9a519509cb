// franz-go: see the README beside this folder's parent.
package main

import (
	"context"
	"log"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"clients/settings"
)

func main() {
	ctx, cancel := settings.Deadline()
	defer cancel()
	produce(ctx)
	consume(ctx)
}

func produce(ctx context.Context) {
	codec := kgo.NoCompression()
	if settings.IsCompressed {
		codec = kgo.GzipCompression()
	}
	client := connect(kgo.DefaultProduceTopic(settings.Topic), kgo.ProducerBatchCompression(codec))
	defer client.Close()
	var records []*kgo.Record
	for number := range settings.Count {
		record := &kgo.Record{Key: settings.Key(number), Value: settings.Value(number)}
		records = append(records, record)
	}
	settings.Must(client.ProduceSync(ctx, records...).FirstErr())
}

func consume(ctx context.Context) {
	options := []kgo.Opt{
		kgo.ConsumerGroup(settings.Group),
		kgo.ConsumeTopics(settings.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
	}
	if settings.Protocol == "consumer" {
		options = append(options, kgo.ServerSideBalancer())
	}
	client := connect(options...)
	defer client.Close()
	seen := 0
	for seen < settings.Count {
		fetches := client.PollFetches(ctx)
		settings.Must(fetches.Err())
		seen += fetches.NumRecords()
	}
	settings.Must(client.CommitUncommittedOffsets(ctx))
	if seen != settings.Count {
		log.Fatalf("%d of %d records came back", seen, settings.Count)
	}
}

func connect(options ...kgo.Opt) *kgo.Client {
	options = append(options, kgo.SeedBrokers(settings.Bootstrap), kgo.ClientID(settings.Client))
	scram := scram.Auth{User: settings.Login, Pass: settings.Password}
	switch settings.Mechanism {
	case "PLAIN":
		plain := plain.Auth{User: settings.Login, Pass: settings.Password}
		options = append(options, kgo.SASL(plain.AsMechanism()))
	case "SCRAM-SHA-256":
		options = append(options, kgo.SASL(scram.AsSha256Mechanism()))
	case "SCRAM-SHA-512":
		options = append(options, kgo.SASL(scram.AsSha512Mechanism()))
	}
	client, err := kgo.NewClient(options...)
	settings.Must(err)
	return client
}
