package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"beckmanconnect/cloud/relay"
)

// maxWord bounds what is read of another node's word.
const maxWord = 512

func join(servers []string) string { return strings.Join(servers, ",") }

func plain(server string) bool {
	u, err := url.Parse(server)
	return err == nil && u.Scheme == "nats"
}

// of is the subject of one request. Its ID stays within the nodes: whoever may
// read subjects learns nothing to come in by.
func (n *Cluster) of(request string) string {
	sum := sha256.Sum256([]byte(request))
	return n.config.Subject + ".request." + hex.EncodeToString(sum[:16])
}

// Follow implements relay.Peers. A bus that is not there yet gets to know of it
// when it comes.
func (n *Cluster) Follow(request string, hear func(relay.Word)) (stop func()) {
	s, err := n.bus.Subscribe(n.of(request), func(m *nats.Msg) {
		var w relay.Word
		if len(m.Data) > maxWord || json.Unmarshal(m.Data, &w) != nil {
			return
		}
		if _, ok := n.config.Peers[w.Node]; ok { // also scenario 46: whoever is on the bus
			hear(w)
		}
	})
	if err != nil {
		n.log.Warn("cluster: a request is not followed", "error", err)
		return func() {}
	}
	return func() { _ = s.Unsubscribe() } // fails only when the bus is closed
}

// Say implements relay.Peers.
func (n *Cluster) Say(request string, w relay.Word) {
	w.Node = n.config.Node
	n.publish(n.of(request), w)
}

// Kinds of what a whole cloud tells itself.
const (
	NewsFleet    = "fleet"    // what consoles show of devices and requests changed
	NewsFeed     = "feed"     // something was added to the feed
	NewsMessages = "messages" // a message waits for a device
)

type news struct {
	Node string `json:"node"`
	Kind string `json:"kind"`
}

// tellEvery bounds how often one kind of news is told.
const tellEvery = 100 * time.Millisecond

// Tell has the other nodes know that what they show is old: once for all that
// happens within a moment. It never blocks.
func (n *Cluster) Tell(kind string) {
	n.telling.Lock()
	defer n.telling.Unlock()
	if n.told[kind] {
		return
	}
	n.told[kind] = true
	time.AfterFunc(tellEvery, func() {
		n.telling.Lock()
		n.told[kind] = false
		n.telling.Unlock()
		n.publish(n.config.Subject+".news", news{n.config.Node, kind})
	})
}

// News has hear told of what other nodes tell.
func (n *Cluster) News(hear func(kind string)) error {
	_, err := n.bus.Subscribe(n.config.Subject+".news", func(m *nats.Msg) {
		var w news
		if len(m.Data) > maxWord || json.Unmarshal(m.Data, &w) != nil {
			return
		}
		if _, ok := n.config.Peers[w.Node]; ok {
			hear(w.Kind)
		}
	})
	return err
}

func (n *Cluster) publish(subject string, v any) {
	text, err := json.Marshal(v)
	if err == nil {
		err = n.bus.Publish(subject, text)
	}
	if err != nil && !errors.Is(err, nats.ErrReconnectBufExceeded) && !errors.Is(err, nats.ErrConnectionClosed) {
		n.log.Warn("cluster: not said", "error", err)
	}
}
