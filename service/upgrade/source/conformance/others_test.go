package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// delegation is one edge of a graph: who delegates to whom, and for what.
type delegation struct {
	from, to string
	paths    string // by blank, "" for all
	end      bool   // terminating
}

var graphs = map[string][]delegation{
	"basic-delegation":                                   {{from: targets, to: "A"}},
	"single-level-delegations":                           {{from: targets, to: "A"}, {from: targets, to: "B"}},
	"two-level-delegations":                              {{from: targets, to: "A"}, {from: targets, to: "B"}, {from: "B", to: "C"}},
	"two-level-test-DFS-order-of-traversal":              {{from: targets, to: "A"}, {from: targets, to: "B"}, {from: "A", to: "C"}, {from: "A", to: "D"}},
	"three-level-delegation-test-DFS-order-of-traversal": {{from: targets, to: "A"}, {from: targets, to: "B"}, {from: "A", to: "C"}, {from: "C", to: "D"}},
	"two-level-terminating-ignores-all-but-roles-descendants": {{from: targets, to: "A"}, {from: targets, to: "B"},
		{from: "A", to: "C", end: true}, {from: "A", to: "D"}},
	"three-level-terminating-ignores-all-but-roles-descendants": {{from: targets, to: "A"}, {from: targets, to: "B"},
		{from: "A", to: "C", end: true}, {from: "C", to: "D"}},
	"two-level-ignores-all-branches-not-matching-paths": {{from: targets, to: "A", paths: "*.py"}, {from: targets, to: "B"}, {from: "A", to: "C"}},
	"three-level-ignores-all-branches-not-matching-paths": {{from: targets, to: "A"}, {from: targets, to: "B"},
		{from: "A", to: "C", paths: "*.py"}, {from: "C", to: "D"}},
	"cyclic-graph":                    {{from: targets, to: "A"}, {from: targets, to: "B"}, {from: "B", to: "C"}, {from: "C", to: "D"}, {from: "D", to: "B"}},
	"two-roles-delegating-to-a-third": {{from: targets, to: "A"}, {from: targets, to: "B"}, {from: "B", to: "C"}, {from: "A", to: "C"}},
	"two-roles-delegating-to-a-third-different-paths": {{from: targets, to: "A"}, {from: targets, to: "B"},
		{from: "B", to: "C"}, {from: "A", to: "C", paths: "*.py"}},
}

// tree is the graph that targets are searched in, with what its roles hold.
var tree = []delegation{
	{from: targets, to: "A", paths: "*.doc *.md foo-?.tgz"}, {from: targets, to: "B", paths: "releases/*/*"},
	{from: "B", to: "C", paths: "releases/x/*"}, {from: "B", to: "D", paths: "releases/y/*.zip"},
}

// searched are the paths of the public case: the role that holds one, the path,
// and the version by which its content would be known here.
var searched = map[string]struct{ role, path, version string }{
	"no delegations":                                        {targets, "", "1.0.0"}, // a release's own name
	"targetpath matches wildcard":                           {"A", "README.md", "1.0.1"},
	"targetpath with separators x":                          {"C", "releases/x/x_v1", "1.0.2"},
	"targetpath with separators y":                          {"D", "releases/y/y_v1.zip", "1.0.3"},
	"targetpath is not delegated by all roles in the chain": {"D", "releases/z/z_v1.zip", "1.0.4"},
	"wildcard does not match path separator":                {"A", "releases/README.md", "1.0.5"},
	"targetpath matches question mark wildcard":             {"A", "foo-1.tgz", "1.0.6"},
	"targetpath does not match question mark wildcard":      {"A", "foo-alpha.tgz", "1.0.7"},
	"targetpath matching is case sensitive":                 {"A", "README.MD", "1.0.8"},
}

// build publishes a graph. Each delegated role also holds a release under its
// proper name: the one thing that would be offered if the role were read.
func (s *simulator) build(graph []delegation) {
	s.t.Helper()
	for n, d := range graph {
		role := metadata.DelegatedRole{Name: d.to, Terminating: d.end, Paths: []string{"*"}}
		if d.paths != "" {
			role.Paths = strings.Fields(d.paths)
		}
		s.delegate(d.from, role)
		s.add(d.to, "7.0."+string(rune('0'+n)), []byte("delegated to "+d.to))
	}
	s.publish(slices.Concat(s.delegated(), []string{targets, snapshot, timestamp})...)
}

// ignoresDelegations: the refresh succeeds without a word about delegated
// roles, and nothing of theirs is offered or kept.
func (c *client) ignoresDelegations() {
	c.t.Helper()
	c.succeeds()
	c.repo.asksFor(c.t, "root 2", "timestamp", "snapshot 2", "targets 2")
	if offer, err := c.refresh(); err != nil || offer != nil {
		c.t.Errorf("offered: %v, %v", offer, err)
	}
	c.repo.asksFor(c.t, "root 2", "timestamp")
	c.trusts("root 1", "snapshot 2", "targets 2", "timestamp 2")
}

var others = map[string]replay{
	"test_static_repository": func(t *testing.T, repo *simulator, pc *client, shape string) {
		roots := 1
		fields := map[string]any{"x-tuf-on-ci-expiry-period": 3650, "x-tuf-on-ci-signing-period": 60}
		delegated := "delegatedrole"
		if shape == "sigstore-root-signing" {
			roots, fields, delegated = 12, map[string]any{"x-tuf-on-ci-expiry-period": 197, "x-tuf-on-ci-signing-period": 46}, "registry.npmjs.org"
		}
		kind := func(k *metadata.Key) {
			k.UnrecognizedFields = map[string]any{"x-tuf-on-ci-keyowner": "@somebody"}
			if shape == "sigstore-root-signing" {
				k.Type = metadata.KeyTypeECDSA_SHA2_P256_COMPAT // of the older roots
			}
		}
		repo.forget(root)
		repo.Root.Signed.UnrecognizedFields = fields
		for _, role := range allRoles {
			repo.Root.Signed.Roles[role].KeyIDs, repo.Signers[role] = nil, nil
			repo.addKey(role, newSigner(t, "ecdsa", kind))
		}
		for range 4 {
			repo.addKey(root, newSigner(t, "ecdsa", kind))
		}
		repo.Root.Signed.Roles[root].Threshold = 3
		for range roots {
			repo.publish(root)
		}
		repo.delegate(targets, metadata.DelegatedRole{Name: delegated, Paths: []string{delegated + "/*"}, Terminating: true})
		repo.place(targets, "trusted_root.json", "1.0.0", []byte("{}"))
		repo.publish(delegated, targets, snapshot, timestamp)
		pc.root = repo.published[root][0]
		if offer, err := pc.refresh(); err != nil || offer != nil {
			t.Errorf("offered: %v, %v", offer, err)
		}
		pc.matches(root, repo.last(root))
		pc.matches(targets, repo.last(targets))
	},
	"test_unusual_role_name": func(_ *testing.T, repo *simulator, pc *client, name string) {
		repo.build([]delegation{{from: targets, to: name}})
		pc.ignoresDelegations()
	},
	"test_graph_traversal": func(t *testing.T, repo *simulator, pc *client, name string) {
		if graphs[name] == nil {
			t.Fatal("this graph is not written down")
		}
		repo.build(graphs[name])
		pc.ignoresDelegations()
	},
	"test_targetfile_search": func(t *testing.T, repo *simulator, pc *client, name string) {
		this, ok := searched[name]
		if !ok {
			t.Fatal("this search is not written down")
		}
		for _, d := range tree {
			role := metadata.DelegatedRole{Name: d.to, Paths: strings.Fields(d.paths)}
			repo.delegate(d.from, role)
		}
		for _, s := range searched {
			if s.role == targets {
				repo.add(targets, s.version, []byte("targetfile content"))
			} else {
				repo.place(s.role, s.path, s.version, []byte(s.path))
			}
		}
		repo.publish(slices.Concat(repo.delegated(), []string{targets, snapshot, timestamp})...)
		if this.role == targets {
			pc.gets(this.version, []byte("targetfile content"))
		} else {
			pc.refuses(this.version, errNothing)
		}
		if asked := repo.requests(); slices.ContainsFunc(asked, func(a string) bool { return len(a) < 5 }) {
			t.Errorf("delegated roles were asked for: %q", asked)
		}
	},
	// The public case allows two answers; this client gives the second: nothing
	// that is delegated is downloaded.
	"test_cached_role_is_verified_against_current_delegator": func(t *testing.T, repo *simulator, pc *client, _ string) {
		repo.delegate(targets, metadata.DelegatedRole{Name: "parent-a", Paths: []string{"team-a/*"}})
		repo.delegate(targets, metadata.DelegatedRole{Name: "parent-b", Paths: []string{"team-b/*"}})
		repo.delegate("parent-a", metadata.DelegatedRole{Name: "release", Paths: []string{"team-a/*"}})
		repo.delegate("parent-b", metadata.DelegatedRole{Name: "release", Paths: []string{"team-b/*"}})
		repo.dropSigner("release") // parent-b's
		repo.add("release", "1.0.0", []byte("trusted A"))
		repo.place("release", "team-b/trusted_root.json", "2.0.0", []byte("malicious B"))
		repo.publish("release", "parent-a", "parent-b", targets, snapshot, timestamp)
		pc.refuses("1.0.0", errNothing)
		pc.refuses("2.0.0", errNothing)
		if got := repo.downloads(); len(got) != 0 {
			t.Errorf("%q was fetched", got)
		}
	},
	"test_delegation_not_in_snapshot": func(t *testing.T, repo *simulator, pc *client, _ string) {
		repo.delegate(targets, metadata.DelegatedRole{Name: "delegated", Paths: []string{"delegatedpath/*"}})
		repo.add("delegated", "1.0.0", content)
		repo.publish("delegated", targets)
		delete(repo.Snapshot.Signed.Meta, "delegated.json")
		repo.publish(snapshot, timestamp)
		pc.succeeds()
		repo.requests()
		pc.refuses("1.0.0", errNothing)
		repo.asksFor(t, "root 2", "timestamp")
		if v := pc.version("delegated"); v != 0 {
			t.Errorf("delegated %d is trusted", v)
		}
	},
}
