// Package settings is what a round trip is asked to do.
package settings

import (
	"context"
	"log"
	"os"
	"strconv"
	"time"
)

const patience = 2 * time.Minute

var (
	Bootstrap = os.Getenv("BOOTSTRAP")
	Topic     = os.Getenv("TOPIC")
	Group     = os.Getenv("GROUP")
	Client    = os.Getenv("CLIENT")
	// IsCompressed is whether records are to be compressed with gzip.
	IsCompressed = os.Getenv("COMPRESSION") == "gzip"
	Protocol     = os.Getenv("PROTOCOL")
	Mechanism    = os.Getenv("MECHANISM")
	Login        = os.Getenv("LOGIN")
	Password     = os.Getenv("PASSWORD")
)

// Count is how many records there are.
var Count = func() int {
	count, err := strconv.Atoi(os.Getenv("COUNT"))
	Must(err)
	return count
}()

// Key is that of a record.
func Key(number int) []byte { return []byte(strconv.Itoa(number)) }

// Value is that of a record.
func Value(number int) []byte { return []byte("value of record " + strconv.Itoa(number)) }

// Deadline is when all must be over.
func Deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

// Must ends the program where something failed.
func Must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
