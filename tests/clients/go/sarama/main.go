// sarama: see the README beside this folder's parent.
package main

import (
	"context"
	"log"

	"github.com/IBM/sarama"

	"clients/settings"
)

func main() {
	ctx, cancel := settings.Deadline()
	defer cancel()
	produce()
	consume(ctx)
}

func produce() {
	producer, err := sarama.NewSyncProducer([]string{settings.Bootstrap}, configuration())
	settings.Must(err)
	var messages []*sarama.ProducerMessage
	for number := range settings.Count {
		messages = append(messages, &sarama.ProducerMessage{
			Topic: settings.Topic,
			Key:   sarama.ByteEncoder(settings.Key(number)),
			Value: sarama.ByteEncoder(settings.Value(number)),
		})
	}
	settings.Must(producer.SendMessages(messages))
	settings.Must(producer.Close())
}

func consume(ctx context.Context) {
	group, err := sarama.NewConsumerGroup([]string{settings.Bootstrap}, settings.Group, configuration())
	settings.Must(err)
	counter := counter{records: make(chan int)}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- group.Consume(ctx, []string{settings.Topic}, counter) }()
	for seen := 0; seen < settings.Count; {
		select {
		case records := <-counter.records:
			seen += records
		case err := <-ended:
			log.Fatalf("%d of %d records came back: %v", seen, settings.Count, err)
		}
	}
	stop()
	settings.Must(<-ended)
	settings.Must(group.Close())
}

// counter commits and counts what comes.
type counter struct{ records chan int }

func (counter) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (counter) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (c counter) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		session.MarkMessage(message, "")
		if message.Offset+1 == claim.HighWaterMarkOffset() {
			session.Commit()
		}
		c.records <- 1
	}
	return nil
}

func configuration() *sarama.Config {
	config := sarama.NewConfig()
	config.ClientID = settings.Client
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	if settings.IsCompressed {
		config.Producer.Compression = sarama.CompressionGZIP
	}
	if settings.Mechanism != "" {
		config.Net.SASL.Enable = true
		config.Net.SASL.Mechanism = sarama.SASLMechanism(settings.Mechanism)
		config.Net.SASL.User = settings.Login
		config.Net.SASL.Password = settings.Password
	}
	return config
}
