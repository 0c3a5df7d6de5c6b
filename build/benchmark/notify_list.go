package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// manyNotifications is how long the list is that must stay quick.
const manyNotifications = 1_000_000

// manySubjects is of how many things they speak: modules, folders, hosts. An
// instrument has some hundred.
const manySubjects = 20_000

// listAsks is how often each question is asked.
const listAsks = 50

// notifyList measures pages of a list of a million, as the window asks for
// them on the local pipe: from the newest, with filters, and with a search.
func notifyList(ctx context.Context, pc *stage.PC) ([]row, error) {
	fmt.Fprintf(os.Stderr, "  %s  %d notifications\n", time.Now().Format(time.TimeOnly), manyNotifications)
	pc.Service.Stop(10 * time.Second)
	if err := fillNotifications(ctx, pc.Data()); err != nil {
		return nil, err
	}
	if err := pc.StartService(ctx); err != nil {
		return nil, err
	}
	c, err := dial(ctx, pc)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var rows []row
	for _, q := range []struct {
		name string
		ask  *hostpb.ListNotificationsRequest
	}{
		{"the newest", &hostpb.ListNotificationsRequest{}},
		{"deep in the list", &hostpb.ListNotificationsRequest{BeforeId: manyNotifications / 2}},
		{"open ones", &hostpb.ListNotificationsRequest{OpenOnly: true}},
		{"one severity", &hostpb.ListNotificationsRequest{Severities: []hostpb.Severity{hostpb.Severity_SEVERITY_HIGH}}},
		{"shelved", &hostpb.ListNotificationsRequest{States: []hostpb.AlarmState{hostpb.AlarmState_ALARM_STATE_SHELVED}}},
		{"one source", &hostpb.ListNotificationsRequest{Sources: []string{"machine"}}},
		{"one day", &hostpb.ListNotificationsRequest{SinceUnixMs: day(500), UntilUnixMs: day(501)}},
		{"search, common", &hostpb.ListNotificationsRequest{Text: "pump"}},
		{"search, rare", &hostpb.ListNotificationsRequest{Text: "module-17777"}},
		{"search, nothing", &hostpb.ListNotificationsRequest{Text: "nowhere-at-all"}},
		{"search with severity", &hostpb.ListNotificationsRequest{Text: "valve", Severities: []hostpb.Severity{hostpb.Severity_SEVERITY_LOW}}},
	} {
		q.ask.Limit = 200
		var took []float64
		for range listAsks {
			began := time.Now()
			if _, err := c.Host.ListNotifications(ctx, q.ask); err != nil {
				return nil, fmt.Errorf("list, %s: %w", q.name, err)
			}
			took = append(took, float64(time.Since(began))/float64(time.Millisecond))
		}
		rows = append(rows, limited("page of 200 of 1,000,000: "+q.name+", 99th percentile", "ms", quantile(took, 0.99), "limit", listWithin))
	}
	return rows, nil
}

// day is the start of a day of the filled list, in Unix ms.
func day(n int) int64 {
	return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n).UnixMilli()
}

// fillNotifications puts a million notifications of three years into the log
// of a service that is stopped: one every 95 s, most of them over.
func fillNotifications(ctx context.Context, dir string) error {
	s, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer s.Close()
	codes := []string{"pump-pressure", "valve-slow", "reagent-low", "temperature-high", "disk-nearly-full", "lis-no-answer"}
	sources := []string{"instrument-log", "instrument-log", "instrument-log", "machine", "local"}
	random := rand.New(rand.NewPCG(1, 2))
	at := time.UnixMilli(day(0))
	for done := 0; done < manyNotifications; {
		err := s.Update(ctx, func(tx *store.Tx) error {
			for range 10_000 {
				n := store.Notification{
					Code: codes[random.IntN(len(codes))], Severity: store.Severity(1 + random.IntN(4)), State: store.Cleared,
					Source: sources[random.IntN(len(sources))], Subject: fmt.Sprintf("module-%d", done%manySubjects),
					Texts: []store.Text{{Language: "en", Title: "Title", Advice: "Advice"}}, Count: 1, Raised: at, Last: at, Cleared: at.Add(time.Minute), Verified: true,
				}
				if random.IntN(5000) == 0 {
					n.State, n.Cleared = store.Raised, time.Time{}
				}
				if err := tx.PutNotification(&n); err != nil {
					return err
				}
				at, done = at.Add(95*time.Second), done+1
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
