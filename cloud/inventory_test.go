package cloud_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// A token counts for its own device, until it ends, its key was replaced or the
// device was revoked (P10).
func TestDeviceTokens(t *testing.T) {
	r := start(t)
	d, other := r.register(t), r.register(t)
	var token cloudapi.DeviceToken
	if status, failure := post(t, r.client(d.cert), r.BaseURL()+cloudapi.PathDeviceToken, struct{}{}, &token); status != http.StatusOK {
		t.Fatal(status, failure)
	}
	if !strings.HasPrefix(token.Token, "SharedAccessSignature sr=localhost%2Fdevices%2F"+d.id+"&sig=") || token.ExpiresMS < time.Now().Add(50*time.Minute).UnixMilli() {
		t.Errorf("%+v", token)
	}
	check := func(device, text string) error { return r.Tokens().Check(t.Context(), device, text) }
	if err := check(d.id, token.Token); err != nil {
		t.Error(err)
	}
	later := strings.Replace(token.Token, "&se="+strconv.FormatInt(token.ExpiresMS/1000, 10), "&se="+strconv.FormatInt(token.ExpiresMS/1000+1, 10), 1)
	for name, c := range map[string][2]string{
		"another device": {other.id, token.Token}, "another end": {d.id, later}, "nothing": {d.id, ""}, "cut": {d.id, token.Token[:len(token.Token)-20]},
		"twice": {d.id, token.Token + "&se=1"}, "nobody": {"bc-0000000000000000", token.Token}, "more": {d.id, token.Token + "&skn=x"},
	} {
		if err := check(c[0], c[1]); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := r.DB().RotateTokenKey(t.Context(), d.id, "ada@vendor.example"); err != nil {
		t.Fatal(err)
	}
	if err := check(d.id, token.Token); err != nil { // until it would have ended
		t.Error(err)
	}
	if err := r.DB().RotateTokenKey(t.Context(), d.id, "ada@vendor.example"); err != nil {
		t.Fatal(err)
	}
	if err := check(d.id, token.Token); err == nil {
		t.Error("a key that was replaced twice counts")
	}
	post(t, r.client(d.cert), r.BaseURL()+cloudapi.PathDeviceToken, struct{}{}, &token)
	if err := r.DB().Revoke(t.Context(), d.id, "op", "stolen"); err != nil {
		t.Fatal(err)
	}
	if err := check(d.id, token.Token); err == nil {
		t.Error("a revoked device's token counts")
	}
	if status, failure := post(t, r.client(d.cert), r.BaseURL()+cloudapi.PathDeviceToken, struct{}{}, nil); status != http.StatusForbidden || failure.Code != cloudapi.CodeDeviceRevoked {
		t.Errorf("revoked: %d %+v", status, failure)
	}
	if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathDeviceToken, struct{}{}, nil); status != http.StatusUnauthorized {
		t.Errorf("without a certificate: %d", status)
	}
}

// A device that is handed over is cut off, and told where it registers.
func TestHandedOver(t *testing.T) {
	r := start(t)
	d := r.register(t)
	l := d.connect(t)
	err := r.DB().Retire(t.Context(), data.Ending{Device: d.id, To: "https://us.vendor.example", By: "ada", Reason: "moved", Erase: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	l.lost()
	d.turnedAway(t, cloudapi.CodeDeviceRevoked)
	if _, failure := get(t, d.client(d.cert), d.BaseURL()+cloudapi.PathMQTT, nil); !strings.Contains(failure.Message, "https://us.vendor.example") {
		t.Errorf("%+v", failure)
	}
}

func TestRegionsOfADeployment(t *testing.T) { // P11, P20
	r := start(t, func(c *cloud.Config) {
		c.Registry.Regions, c.Registry.Elsewhere = []string{"eu"}, []string{"us=https://us.vendor.example"}
	})
	for region, word := range map[string]string{"us": "https://us.vendor.example", "jp": "does not serve"} {
		q := registration(csrPEM(t, newKey(t)))
		q.Region = region
		if status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathDevices, q, nil); status != http.StatusMisdirectedRequest || !strings.Contains(failure.Message, word) {
			t.Errorf("%s: %d %+v", region, status, failure)
		}
	}
	r.register(t)
}

// staffPaths are all of the contract's paths for staff: a new one is asked too.
func staffPaths(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../internal/cloudapi/*.go")
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if path, _ := strconv.Unquote(lit.Value); strings.HasPrefix(path, "/api/v1/staff/") {
						paths[spec.Names[0].Name] = path
					}
				}
			}
			return true
		})
	}
	if len(paths) < 20 {
		t.Fatalf("only %d paths were read", len(paths))
	}
	return paths
}

// A device never appears in another region's answers: whatever is asked of any
// of the staff's paths, no mark of it is in what comes back (P20).
func TestNoDeviceAppearsInAnotherRegion(t *testing.T) {
	r := start(t)
	mark := "ZQ" + strings.Repeat("7", 6)
	d := r.register(t, func(q *cloudapi.RegisterRequest) {
		q.Region, q.Serial, q.Name, q.InstrumentType, q.Email = "us", mark+"S", mark+"N", mark+"T", strings.ToLower(mark)+"@x.example"
	})
	l := d.connect(t)
	l.say(d.id, cloudapi.KindStatus, "", 0, cloudapi.Status{Version: mark})
	l.say(d.id, cloudapi.KindNotification, "e", 1, alarm(1))
	l.say(d.id, cloudapi.KindRequest, "e", 2, waiting("req-"+mark))
	site, err := r.DB().AddSite(t.Context(), cloudapi.Site{Region: "us", Name: mark + "site"})
	if err != nil {
		t.Fatal(err)
	}
	group, err := r.DB().AddGroup(t.Context(), cloudapi.Group{Region: "us", Name: mark + "group"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.DB().Move(t.Context(), []string{d.id}, site.ID, "op", ""); err != nil {
		t.Fatal(err)
	}
	marks := []string{mark, strings.ToLower(mark), d.id, site.ID, group.ID}
	paths := slices.Sorted(maps.Values(staffPaths(t)))
	annas, carls := r.bearer(t, anna), r.bearer(t, carl)
	client := r.client()
	ask := func(who []string, method, path string, q url.Values, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), method, r.BaseURL()+path+"?"+q.Encode(), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set(who[0], who[1])
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return string(text)
	}
	seen := 0
	for _, path := range paths { // the test sees what is there: who may see it does
		if path != cloudapi.PathLive && strings.Contains(ask(carls, http.MethodGet, path, url.Values{"device": {d.id}}, ""), d.id) {
			seen++
		}
	}
	if seen < 4 {
		t.Fatalf("only %d paths show the device to who may see it", seen)
	}
	values := append([]string{"", "us", "eu", "-", "online", "high", "req-" + mark}, marks...)
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(t, "path")
		if path == cloudapi.PathLive {
			return
		}
		q := url.Values{}
		for _, name := range []string{"device", "region", "site", "group", "text", "state", "version", "request", "serial", "case"} {
			if rapid.Bool().Draw(t, name) {
				q.Set(name, rapid.SampledFrom(values).Draw(t, name+"'s value"))
			}
		}
		method := rapid.SampledFrom([]string{http.MethodGet, http.MethodGet, http.MethodPost}).Draw(t, "method")
		body := fmt.Sprintf(`{"device":%q,"devices":[%q],"site":%q,"id":%q,"region":"us","name":"x","text":"x","request":%q,"add":[%q],"reason":"x"}`, d.id, d.id, site.ID, site.ID, "req-"+mark, d.id)
		text := ask(annas, method, path, q, body)
		for _, m := range marks {
			if strings.Contains(text, m) {
				t.Fatalf("%s %s?%s tells %q: %s", method, path, q.Encode(), m, text)
			}
		}
	})
	if got, err := r.DB().Device(t.Context(), d.id); err != nil || got.Site != site.ID {
		t.Errorf("somebody of another region moved it: %+v %v", got, err)
	}
}

// The export is a table whatever a device calls itself (scenario 49).
func TestInstrumentsAsCSV(t *testing.T) {
	r := start(t)
	for _, serial := range []string{`=HYPERLINK("x")`, "+1", "-2", "@SUM(A1)", "|cmd", `a,"b"`, "plain"} {
		r.register(t, func(q *cloudapi.RegisterRequest) { q.Serial = serial })
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.BaseURL()+cloudapi.PathInstrumentsCSV, nil)
	if err != nil {
		t.Fatal(err)
	}
	who := r.bearer(t, anna)
	req.Header.Set(who[0], who[1])
	resp, err := r.client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(table) != 8 {
		t.Fatalf("%d rows, %v", len(table), err)
	}
	for _, row := range table {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@|", rune(cell[0])) {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
}
