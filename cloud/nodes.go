package cloud

import (
	"beckmanconnect/cloud/cluster"
	"beckmanconnect/cloud/relay"
)

// peers is the relay's way to the other nodes; nil where there are none.
func (c *Cloud) peers() relay.Peers {
	if c.cluster == nil {
		return nil
	}
	return c.cluster
}

// tellNodes is what the feed calls when something changed here: consoles at
// other nodes look again, too.
func (c *Cloud) tellNodes(fleet bool) {
	if fleet {
		c.cluster.Tell(cluster.NewsFleet)
		return
	}
	c.cluster.Tell(cluster.NewsFeed)
}

// news takes another node's word.
func (c *Cloud) news(kind string) {
	switch kind {
	case cluster.NewsFleet:
		c.feed.Heard(true)
	case cluster.NewsFeed:
		c.feed.Heard(false)
	case cluster.NewsMessages: // the device's link may be here
		c.sendSoon()
	}
}
