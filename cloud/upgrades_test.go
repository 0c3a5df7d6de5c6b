package cloud_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"beckmanconnect/cloud"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/release"
)

// A check that finds nothing is answered in two lines (B10): the timestamp is
// named by its content, and a root that is not there has no body. What has a
// body keeps the headers of every answer.
func TestACheckThatFindsNothing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "metadata", "timestamp.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	r := start(t, func(c *cloud.Config) { c.Upgrades = dir })
	fetch := func(name, tag string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.BaseURL()+cloudapi.PathUpgrades+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tag != "" {
			req.Header.Set("If-None-Match", tag)
		}
		resp, err := r.client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(body)
	}
	write := func(text string) string {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return release.Tag([]byte(text))
	}
	first := write("one")
	for name, tag := range map[string]string{"nothing held": "", "another held": release.Tag([]byte("x"))} {
		resp, body := fetch("metadata/timestamp.json", tag)
		if resp.StatusCode != http.StatusOK || body != "one" || resp.Header.Get("ETag") != first || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %q %v", name, resp.StatusCode, body, resp.Header)
		}
	}
	resp, body := fetch("metadata/timestamp.json", first)
	if resp.StatusCode != http.StatusNotModified || body != "" || resp.Header.Get("ETag") != first || len(resp.Header) > 3 {
		t.Errorf("the same held: %d %q %v", resp.StatusCode, body, resp.Header)
	}
	// Written within the same second, and in place: the time of the file says nothing.
	second := write("two")
	if resp, body := fetch("metadata/timestamp.json", first); resp.StatusCode != http.StatusOK || body != "two" || resp.Header.Get("ETag") != second {
		t.Errorf("after a new one: %d %q %v", resp.StatusCode, body, resp.Header)
	}
	resp, body = fetch("metadata/2.root.json", "")
	if resp.StatusCode != http.StatusNotFound || body != "" || len(resp.Header) > 2 {
		t.Errorf("the next root: %d %q %v", resp.StatusCode, body, resp.Header)
	}
}
