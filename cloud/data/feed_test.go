package data

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/cloudapi"
)

func (o *opened) put(t testing.TB, device, epoch string, n cloudapi.Notification) {
	t.Helper()
	if err := o.Do(t.Context(), device, func(tx *Tx) error { return tx.PutNotification(epoch, 0, n) }); err != nil {
		t.Fatal(err)
	}
}

func (o *opened) registerAs(t testing.TB, id, region, serial, kind string) {
	t.Helper()
	r := Registration{Device: id, KeyHash: []byte(id), Region: region, Serial: serial, Type: kind, Terms: "1", Email: "e", Name: "n"}
	if err := o.Register(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func titles(rows []cloudapi.FeedRow) []string {
	list := make([]string, 0, len(rows))
	for _, r := range rows {
		switch {
		case r.Digest != nil:
			list = append(list, "digest")
		default:
			list = append(list, r.Notification.Title)
		}
	}
	return list
}

func (o *opened) feed(t testing.TB, q FeedQuery) []string {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	rows, _, err := o.Feed(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return titles(rows)
}

// Whatever is asked for, and in pages of any size, the answer is what a plain
// look at everything finds.
func TestFeedFindsWhatIsThere(t *testing.T) {
	o := open(t)
	regions, serials := []string{"eu", "us", "cn"}, []string{"AV100", "AV200", "BK300", "NV400"}
	for i, serial := range serials {
		o.registerAs(t, fmt.Sprintf("bc-d%d", i), regions[i%3], serial, []string{"DxH 900", "AU5800"}[i%2])
	}
	severities, states := []string{"info", "low", "medium", "high"}, []string{"raised", "acknowledged", "shelved", "cleared"}
	type kept struct {
		device int
		n      cloudapi.Notification
	}
	var all []kept
	for i := range 400 {
		k := kept{device: i * 7 % 4, n: cloudapi.Notification{
			ID: uint64(i + 1), Code: fmt.Sprintf("E-%d", i%13), Severity: severities[i*5%4], State: states[i*3/4%4],
			Source: "log", Subject: []string{"Pump", "Disk C", ""}[i%3], Title: fmt.Sprintf("t%d", i%50), Count: 1,
		}}
		if i%11 == 0 {
			k.n.Group = 1_000_000 // its group never came
		}
		all = append(all, k)
		o.put(t, fmt.Sprintf("bc-d%d", k.device), "e", k.n)
	}
	rapid.Check(t, func(rt *rapid.T) {
		some := func(name string, from []string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 3, rapid.ID[string]).Draw(rt, name)
		}
		q := FeedQuery{
			Regions: some("regions", regions), Severities: some("severities", severities), States: some("states", states),
			Text: rapid.SampledFrom([]string{"", "", "pump", "E-1", "e-1", "av", "AV100", "dxh", "bc-d2", "t7", "nowhere", "%", "'", "disk c"}).Draw(rt, "text"),
		}
		if rapid.Bool().Draw(rt, "one") {
			q.Device = "bc-d" + fmt.Sprint(rapid.IntRange(0, 4).Draw(rt, "device"))
		}
		q.Limit = rapid.IntRange(1, 60).Draw(rt, "limit")
		var want []string
		for _, k := range slices.Backward(all) {
			n, text, id := k.n, strings.ToLower(q.Text), fmt.Sprintf("bc-d%d", k.device)
			said := strings.ToLower(n.Code + " " + n.Source + " " + n.Subject + " " + n.Title)
			its := q.Device == "" && (strings.Contains(strings.ToLower(serials[k.device]), text) || strings.Contains(strings.ToLower([]string{"DxH 900", "AU5800"}[k.device%2]), text) || strings.Contains(id, text))
			folded := n.Group != 0 && (q.Text == "" || q.Device != "")
			if !slices.Contains(q.Regions, regions[k.device%3]) || len(q.Severities) > 0 && !slices.Contains(q.Severities, n.Severity) ||
				len(q.States) > 0 && !slices.Contains(q.States, n.State) || q.Device != "" && q.Device != id ||
				text != "" && !strings.Contains(said, text) && !its || folded {
				continue
			}
			want = append(want, fmt.Sprint(n.ID))
		}
		var got []string
		for pages := 0; ; pages++ {
			rows, next, err := o.Feed(t.Context(), q)
			if err != nil {
				rt.Fatal(err)
			}
			for _, r := range rows {
				got = append(got, fmt.Sprint(r.Notification.ID))
			}
			if next == 0 {
				break
			}
			if pages > 500 || next == q.Before {
				rt.Fatalf("the pages of %+v do not end", q)
			}
			q.Before = next
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%+v\ngot  %v\nwant %v", q, got, want)
		}
	})
}

func TestGroupsAndDigestsAreFolded(t *testing.T) { // B9
	o := open(t)
	n := func(id uint64, title, state string, change ...func(*cloudapi.Notification)) cloudapi.Notification {
		x := cloudapi.Notification{ID: id, Code: "c", Severity: "low", State: state, Title: title, Count: 1, RaisedMS: 1000, LastMS: 1000}
		for _, f := range change {
			f(&x)
		}
		return x
	}
	in := func(group uint64) func(*cloudapi.Notification) {
		return func(x *cloudapi.Notification) { x.Group = group }
	}
	o.put(t, device, "e", n(2, "member", "raised", in(9))) // before its group
	o.put(t, device, "e", n(9, "group", "raised", func(x *cloudapi.Notification) { x.Members = 2 }))
	o.put(t, device, "e", n(3, "member too", "raised", in(9)))
	o.put(t, device, "e", n(4, "alone", "raised"))
	o.put(t, device, "f", n(2, "another epoch's", "raised"))
	q := FeedQuery{Regions: []string{"eu"}, Limit: 50}
	if got := o.feed(t, q); !slices.Equal(got, []string{"another epoch's", "alone", "group"}) {
		t.Errorf("the list is %v", got)
	}
	rows, _, err := o.Feed(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	members, next, err := o.FeedMembers(t.Context(), q.Regions, rows[2].Seq, 0, 1)
	if err != nil || !slices.Equal(titles(members), []string{"member too"}) || next == 0 {
		t.Errorf("%v %d %v", titles(members), next, err)
	}
	members, next, err = o.FeedMembers(t.Context(), q.Regions, rows[2].Seq, next, 5)
	if err != nil || !slices.Equal(titles(members), []string{"member"}) || next != 0 {
		t.Errorf("%v %d %v", titles(members), next, err)
	}
	// A text finds members too.
	q.Text = "member"
	if got := o.feed(t, q); !slices.Equal(got, []string{"member too", "member"}) {
		t.Errorf("the search finds %v", got)
	}
	q.Text = ""

	digest := cloudapi.Digest{FromMS: 5000, ToMS: 9000, Raised: map[string]int{"high": 1, "low": 2}, Open: 1}
	if err := o.Do(t.Context(), device, func(tx *Tx) error { return tx.PutDigest("e", 77, digest) }); err != nil {
		t.Fatal(err)
	}
	at := func(ms int64) func(*cloudapi.Notification) {
		return func(x *cloudapi.Notification) { x.RaisedMS, x.LastMS = ms, ms }
	}
	o.put(t, device, "e", n(20, "over", "raised", at(6000)))
	o.put(t, device, "e", n(21, "still open", "raised", at(9000)))
	o.put(t, device, "e", n(22, "after", "cleared", at(9001)))
	o.put(t, device, "e", n(20, "over", "cleared", at(6000)))
	if got := o.feed(t, FeedQuery{Regions: q.Regions, Limit: 4}); !slices.Equal(got, []string{"after", "still open", "digest", "another epoch's"}) {
		t.Errorf("the list is %v", got)
	}
	if got := o.feed(t, FeedQuery{Regions: q.Regions, States: []string{"digest"}}); !slices.Equal(got, []string{"digest"}) {
		t.Errorf("digests are %v", got)
	}
	rows, _, err = o.Feed(t.Context(), FeedQuery{Regions: q.Regions, States: []string{"digest"}, Limit: 1})
	if err != nil || rows[0].Digest.Open != 1 || rows[0].Notification.Severity != "high" || rows[0].Notification.RaisedMS != 5000 {
		t.Fatalf("%+v %v", rows, err)
	}
	members, _, err = o.FeedMembers(t.Context(), q.Regions, rows[0].Seq, 0, 10)
	if err != nil || !slices.Equal(titles(members), []string{"still open", "over"}) {
		t.Errorf("the digest told of %v, %v", titles(members), err)
	}
	for _, regions := range [][]string{nil, {"us"}} {
		if _, _, err := o.FeedMembers(t.Context(), regions, rows[0].Seq, 0, 10); err == nil {
			t.Errorf("staff of %v reads what is folded", regions)
		}
		if got := o.feed(t, FeedQuery{Regions: regions}); len(got) != 0 {
			t.Errorf("staff of %v reads %v", regions, got)
		}
	}
}

// What a device wrote goes with it to another region (P20).
func TestFeedMovesWithItsDevice(t *testing.T) {
	o := open(t)
	o.put(t, device, "e", cloudapi.Notification{ID: 1, Code: "c", Severity: "low", State: "raised", Title: "x"})
	o.registerAs(t, device, "us", "SN", "DxH 900")
	if eu, us := o.feed(t, FeedQuery{Regions: []string{"eu"}}), o.feed(t, FeedQuery{Regions: []string{"us"}}); len(eu) != 0 || len(us) != 1 {
		t.Errorf("eu reads %v, us reads %v", eu, us)
	}
	for _, text := range []string{"c", "sn", "dxh"} {
		if eu := o.feed(t, FeedQuery{Regions: []string{"eu"}, Text: text}); len(eu) != 0 {
			t.Errorf("eu finds %v by %q", eu, text)
		}
	}
	if eu := o.feed(t, FeedQuery{Regions: []string{"eu"}, Device: device}); len(eu) != 0 {
		t.Errorf("eu reads %v of the device", eu)
	}
}

func TestCloudsOwnAlarmsAreListed(t *testing.T) {
	o := open(t)
	for range 2 {
		if err := o.Do(t.Context(), device, func(tx *Tx) error {
			return tx.Raise(AlarmLogForked, "log", "Two histories", cloudapi.Values{"entries": "7"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	rows, _, err := o.Feed(t.Context(), FeedQuery{Regions: []string{"eu"}, Severities: []string{"high"}, Limit: 5})
	if err != nil || len(rows) != 1 || rows[0].Notification.Code != AlarmLogForked || rows[0].Notification.Count != 2 || rows[0].Values["entries"] != "7" {
		t.Errorf("%+v %v", rows, err)
	}
	if list, err := o.Notifications(t.Context(), device, 10); err != nil || len(list) != 1 || list[0].Values["entries"] != "7" {
		t.Errorf("%+v %v", list, err)
	}
}

// A text that fits nearly everything is looked for in bounded steps, and found
// in the end.
func TestFrequentTextGoesOnByPages(t *testing.T) {
	o := open(t)
	err := o.Do(t.Context(), device, func(tx *Tx) error {
		for i := range scanRows + 500 {
			n := cloudapi.Notification{ID: uint64(i + 1), Code: fmt.Sprintf("common-%d", i%(maxFound+50)), Severity: "low", State: "cleared", Title: "x", Count: 1}
			if i == 3 {
				n.State = "raised" // the only open one is the oldest
			}
			if err := tx.PutNotification("e", 0, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	q := FeedQuery{Regions: []string{"eu"}, States: []string{"raised"}, Text: "common", Limit: 50}
	rows, next, err := o.Feed(t.Context(), q)
	if err != nil || len(rows) != 0 || next == 0 {
		t.Fatalf("%v %d %v", titles(rows), next, err)
	}
	q.Before = next
	rows, next, err = o.Feed(t.Context(), q)
	if err != nil || len(rows) != 1 || rows[0].Notification.ID != 4 || next != 0 {
		t.Errorf("%v %d %v", titles(rows), next, err)
	}
}

// A database of version 2 keeps its notifications.
func TestMigrationKeepsNotifications(t *testing.T) {
	onSQLite(t)
	dir := t.TempDir()
	whole := migrations
	migrations = whole[:2]
	db, err := Open(t.Context(), dir, nil)
	migrations = whole
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "cloud.db")
	old, err := sql.Open("sqlite3", dsn(path, ""))
	if err != nil {
		t.Fatal(err)
	}
	old.SetMaxOpenConns(1)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := old.Exec(query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	exec(`INSERT INTO devices (id, key_hash, region, serial, type, terms, email, name, registered_ms, updated_ms) VALUES (?, x'00', 'eu', 'SN', 'DxH 900', '1', x'', x'', 1, 1)`, device)
	for i, state := range []string{"raised", "acknowledged", "cleared"} {
		exec("INSERT INTO notifications (device, epoch, id, last_ms, body) VALUES (?,?,?,?,?)", device, "e", i+1, 10-i,
			fmt.Sprintf(`{"id":%d,"code":"E","severity":"medium","state":%q,"source":"log","subject":"Pump","title":"T%d","count":1,"raisedMs":5,"lastMs":%d}`, i+1, state, i+1, 10-i))
	}
	exec("INSERT INTO alarms (device, code, subject, title, count, at_ms, last_ms) VALUES (?, 'CLOUD-X', 's', 'own', 1, 1, 1)", device)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = Open(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, _, err := db.Feed(t.Context(), FeedQuery{Regions: []string{"eu"}, Limit: 9})
	if err != nil || !slices.Equal(titles(rows), []string{"own", "T1", "T2", "T3"}) {
		t.Errorf("%v %v", titles(rows), err)
	}
	rows, _, err = db.Feed(t.Context(), FeedQuery{Regions: []string{"eu"}, States: []string{"acknowledged"}, Text: "pump", Limit: 9})
	if err != nil || !slices.Equal(titles(rows), []string{"T2"}) {
		t.Errorf("%v %v", titles(rows), err)
	}
}

// Nothing but indexes leads to a page: the plan of each query reads no table
// from end to end.
func TestFeedPlansUseIndexes(t *testing.T) {
	onSQLite(t)
	o := open(t)
	o.put(t, device, "e", cloudapi.Notification{ID: 1, Code: "c", Severity: "low", State: "raised", Title: "x"})
	for _, q := range []FeedQuery{
		{Regions: []string{"eu", "us"}}, {Regions: []string{"eu"}, Severities: []string{"high"}, States: []string{"raised"}},
		{Regions: []string{"eu"}, Device: device, States: []string{"raised"}}, {Regions: []string{"eu"}, Text: "c"},
	} {
		f, err := o.plan(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, term := range f.terms {
			rows, err := o.sql.Query("EXPLAIN QUERY PLAN SELECT seq FROM "+term.from+" WHERE "+term.where+" AND seq < ? AND seq > ? ORDER BY seq DESC LIMIT 5", append(slices.Clone(term.args), 9, 0)...)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var a, b, c int
				var step string
				if err := rows.Scan(&a, &b, &c, &step); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(step, "SCAN") || strings.Contains(step, "TEMP B-TREE") {
					t.Errorf("%s: %s", term.where, step)
				}
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// BenchmarkFeed answers pages of 1,000,000 notifications of 10,000 devices
// under each filter.
func BenchmarkFeed(b *testing.B) {
	o := &opened{now: time.UnixMilli(1_700_000_000_000)}
	db, err := Open(b.Context(), b.TempDir(), func() time.Time { return o.now })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	o.DB = db
	fillFleet(b, o, 10_000, 1_000_000)
	regions := []string{"cn", "eu", "us"}
	for _, q := range []struct {
		name string
		FeedQuery
	}{
		{"none", FeedQuery{Regions: regions}},
		{"region", FeedQuery{Regions: []string{"cn"}}},
		{"severity", FeedQuery{Regions: regions, Severities: []string{"high"}}},
		{"open", FeedQuery{Regions: regions, States: []string{"raised", "acknowledged", "shelved"}}},
		{"nothing-fits", FeedQuery{Regions: regions, Severities: []string{"info"}, States: []string{"shelved"}}},
		{"all-three", FeedQuery{Regions: []string{"us"}, Severities: []string{"medium"}, States: []string{"raised"}}},
		{"device", FeedQuery{Regions: regions, Device: "bc-005000"}},
		{"text-code", FeedQuery{Regions: regions, Text: "E-317"}},
		{"text-code-open", FeedQuery{Regions: regions, Text: "E-317", States: []string{"raised"}}},
		{"text-serial", FeedQuery{Regions: regions, Text: "SN004999"}},
		{"text-everywhere", FeedQuery{Regions: regions, Text: "pump"}},
		{"text-everywhere-rare-state", FeedQuery{Regions: regions, Text: "pump", States: []string{"shelved"}}},
		{"text-nowhere", FeedQuery{Regions: regions, Text: "zzz"}},
		{"deep", FeedQuery{Regions: regions, Before: 1000}},
	} {
		q.Limit = 50
		b.Run(q.name, func(b *testing.B) {
			var worst time.Duration
			rows := 0
			for b.Loop() {
				begun := time.Now()
				list, _, err := o.Feed(b.Context(), q.FeedQuery)
				if err != nil {
					b.Fatal(err)
				}
				rows = len(list)
				worst = max(worst, time.Since(begun))
			}
			b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
			b.ReportMetric(float64(rows), "rows")
		})
	}
}

// fillFleet writes rows as the intake leaves them, in SQL: it is the reading
// that is measured.
func fillFleet(b *testing.B, o *opened, devices, notifications int) {
	b.Helper()
	const series = "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n+1 FROM i WHERE n+1 < ?1) "
	const code, subject = "'E-' || (n %% 400)", "CASE n %% 4 WHEN 0 THEN 'pump' WHEN 1 THEN 'disk' WHEN 2 THEN 'needle' ELSE 'pump 2' END"
	const severity, state = "CASE n / 3 %% 4 WHEN 3 THEN 4 WHEN 2 THEN 3 ELSE 2 END", "CASE WHEN n %% 200 = 0 THEN 1 ELSE 4 END"
	err := o.update(b.Context(), func(tx *sql.Tx) error {
		for _, q := range []struct {
			text string
			args []any
		}{
			{series + `INSERT INTO devices (id, key_hash, region, serial, type, terms, email, name, registered_ms, updated_ms)
				SELECT printf('bc-%06d', n), x'00', CASE n % 3 WHEN 0 THEN 'eu' WHEN 1 THEN 'us' ELSE 'cn' END, printf('SN%06d', n), 'Type ' || (n % 7), '1', x'', x'', 1, 1 FROM i`, []any{devices}},
			{fmt.Sprintf(series + "INSERT OR IGNORE INTO labels (severity, text) SELECT " + severity + ", lower(" + code + ") || ' instrument-log ' || " + subject +
				" || ' something about the ' || " + subject + " || ' happened' FROM i"), []any{12_000}},
			{fmt.Sprintf(series + `INSERT INTO feed (device, epoch, id, region, severity, state, label, parent, listed, raised_ms, last_ms, body)
				SELECT printf('bc-%%06d', n %% ?2), 'e', n + 1, CASE n %% ?2 %% 3 WHEN 0 THEN 'eu' WHEN 1 THEN 'us' ELSE 'cn' END, ` + severity + ", " + state + `,
					(SELECT id FROM labels l WHERE l.severity = ` + severity + " AND l.text = lower(" + code + ") || ' instrument-log ' || " + subject + " || ' something about the ' || " + subject + ` || ' happened'),
					0, 1, n, n, json_object('id', n + 1, 'code', ` + code + `, 'severity', 'low', 'state', 'raised', 'source', 'instrument-log', 'subject', ` + subject + `,
						'title', 'Something about the ' || ` + subject + ` || ' happened', 'count', 1, 'raisedMs', n, 'lastMs', n, 'verified', json('true')) FROM i`), []any{notifications, devices}},
		} {
			if _, err := tx.Exec(q.text, q.args...); err != nil {
				return fmt.Errorf("%s: %w", q.text, err)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	var rows, labels int
	if err := o.sql.QueryRow("SELECT (SELECT count(*) FROM feed), (SELECT count(*) FROM labels)").Scan(&rows, &labels); err != nil || rows != notifications {
		b.Fatalf("%d rows, %v", rows, err)
	}
	b.Logf("%d notifications of %d devices, %d labels", rows, devices, labels)
}
