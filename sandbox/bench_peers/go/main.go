// A peer in Go: franz-go reads, pgx copies a batch into a temporary table and inserts it from there, decoding beside writing.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"
)

type task struct {
	Bootstrap string   `json:"bootstrap"`
	Group     string   `json:"group"`
	Topic     string   `json:"topic"`
	Records   int      `json:"records"`
	Database  string   `json:"database"`
	Columns   []string `json:"columns"`
	// Whether records come one by one, and what counts is how old each is when it is committed.
	Latency bool `json:"latency"`
}

// A batch is rows and when each one's record was published.
type batch struct {
	rows  [][]any
	times []time.Time
}

const batchRecords, batchWait = 5000, time.Second

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func check(err error) { must(0, err) }

// read sends batches until all records were read; the first one's time goes to began, and a line says that it is there.
func read(ctx context.Context, client *kgo.Client, given task, began *time.Time, batches chan<- batch) {
	defer close(batches)
	var filled batch
	filling := time.Now()
	send := func() {
		batches <- filled
		filled, filling = batch{rows: make([][]any, 0, batchRecords)}, time.Now()
	}
	for seen := 0; seen < given.Records; {
		fetches := client.PollRecords(ctx, batchRecords)
		for _, failed := range fetches.Errors() {
			check(failed.Err)
		}
		if began.IsZero() && fetches.NumRecords() > 0 {
			*began = time.Now()
			fmt.Println("first record")
		}
		fetches.EachRecord(func(record *kgo.Record) {
			var row []any
			check(json.Unmarshal(record.Value, &row))
			filled.rows = append(filled.rows, row)
			if given.Latency {
				filled.times = append(filled.times, record.Timestamp)
			}
			seen++
			if len(filled.rows) == batchRecords {
				send()
			}
		})
		if len(filled.rows) > 0 && (given.Latency || seen == given.Records || time.Since(filling) > batchWait) {
			send()
		}
	}
}

func main() {
	ctx := context.Background()
	var given task
	check(json.Unmarshal([]byte(os.Getenv("PEER_TASK")), &given))
	connection := must(pgx.Connect(ctx, given.Database))
	var types []string
	for _, name := range given.Columns {
		var kind string
		check(connection.QueryRow(ctx, "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'audit_event'::regclass AND attname = $1", name).Scan(&kind))
		types = append(types, name+"::"+kind)
	}
	names := strings.Join(given.Columns, ", ")
	must(connection.Exec(ctx, "CREATE TEMP TABLE staging ("+strings.Join(given.Columns, " text, ")+" text)"))
	insert := "INSERT INTO audit_event (" + names + ") SELECT " + strings.Join(types, ", ") + " FROM staging ON CONFLICT DO NOTHING"
	client := must(kgo.NewClient(
		kgo.SeedBrokers(given.Bootstrap), kgo.ConsumerGroup(given.Group), kgo.ConsumeTopics(given.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(),
	))
	defer client.Close()
	waiting := 2
	if given.Latency {
		waiting = 0 // what comes while a batch is written is the next one
	}
	batches, written, latencies := make(chan batch, waiting), 0, []int64{}
	var began time.Time
	go read(ctx, client, given, &began, batches)
	for filled := range batches {
		transaction := must(connection.Begin(ctx))
		must(transaction.CopyFrom(ctx, pgx.Identifier{"staging"}, given.Columns, pgx.CopyFromRows(filled.rows)))
		must(transaction.Exec(ctx, insert))
		must(transaction.Exec(ctx, "TRUNCATE staging"))
		check(transaction.Commit(ctx))
		for _, published := range filled.times {
			latencies = append(latencies, time.Since(published).Milliseconds())
		}
		written += len(filled.rows)
	}
	seconds := time.Since(began).Seconds()
	check(client.CommitUncommittedOffsets(ctx))
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"records": written, "seconds": seconds, "latencies": latencies}))
}
