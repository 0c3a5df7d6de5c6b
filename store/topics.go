package store

import (
	"bytes"
	"crypto/sha256"
	"strconv"
	"strings"
)

// A topic is what notifications say. It is found again by its words, so that
// the same texts are kept once; a few hundred are remembered in memory.
type topicKey struct {
	code, subject, publisher string
	texts                    [sha256.Size]byte
}

const (
	maxTopicsKnown = 1024
	// maxTopicTries bounds the comparing with topics of the same code, subject
	// and publisher: a program that words each message anew gets new topics.
	maxTopicTries = 4
	selectTexts   = "SELECT sealed FROM topic_texts WHERE topic = ?"
)

// topic gives the number of a notification's topic, a new one when it says
// something new. The texts of a group stand in its own row.
func (tx *Tx) topic(n *Notification, texts []byte) (uint64, error) {
	if n.GroupKind != "" {
		texts = []byte("[]")
	}
	key := topicKey{n.Code, n.Subject, n.Publisher, sha256.Sum256(texts)}
	if id, ok := tx.topics[key]; ok {
		return id, nil
	}
	if id, ok := tx.s.topics[key]; ok {
		return id, nil
	}
	id, err := tx.findTopic(n, texts)
	if err == nil && id == 0 {
		id, err = tx.newTopic(n, texts)
	}
	if err != nil {
		return 0, err
	}
	if tx.topics == nil {
		tx.topics = map[topicKey]uint64{}
	}
	tx.topics[key] = id
	return id, nil
}

func (tx *Tx) findTopic(n *Notification, texts []byte) (uint64, error) {
	var ids []uint64
	err := tx.each("SELECT id FROM topics WHERE code = ? AND subject = ? AND publisher = ? ORDER BY id DESC LIMIT ?",
		[]any{n.Code, n.Subject, n.Publisher, maxTopicTries}, func(scan func(...any) error) error {
			var id uint64
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		sealed, err := tx.textsOf(id)
		if err != nil {
			return 0, err
		}
		if len(sealed) == 0 { // of a time when each notification had its own
			continue
		}
		plain, err := tx.s.seal.open("topic_texts", strconv.FormatUint(id, 10), "sealed", sealed)
		if err != nil {
			return 0, err
		}
		if bytes.Equal(plain, texts) {
			return id, nil
		}
	}
	return 0, nil
}

func (tx *Tx) newTopic(n *Notification, texts []byte) (uint64, error) {
	fold := strings.ToLower(n.Code + "\n" + n.Subject + "\n" + n.Publisher)
	result, err := tx.result("INSERT INTO topics (code, subject, publisher, fold) VALUES (?, ?, ?, ?)", n.Code, n.Subject, n.Publisher, fold)
	if err != nil {
		return 0, err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return 0, err
	}
	sealed, err := tx.s.seal.seal("topic_texts", strconv.FormatInt(id, 10), "sealed", texts)
	if err != nil {
		return 0, err
	}
	return uint64(id), tx.exec("INSERT INTO topic_texts (topic, sealed) VALUES (?, ?)", id, sealed)
}

func (tx *Tx) textsOf(topic uint64) (sealed []byte, err error) {
	_, err = tx.row([]any{&sealed}, selectTexts, int64(topic))
	return sealed, err
}

func (s *Store) openTexts(topic uint64, texts func(uint64) ([]byte, error)) ([]byte, error) {
	sealed, err := texts(topic)
	if err != nil {
		return nil, err
	}
	return s.seal.open("topic_texts", strconv.FormatUint(topic, 10), "sealed", sealed)
}

// knowTopics keeps what a transaction found, once it is committed. The caller
// holds the turn.
func (s *Store) knowTopics(topics map[topicKey]uint64) {
	if len(topics) == 0 {
		return
	}
	if len(s.topics)+len(topics) > maxTopicsKnown {
		clear(s.topics)
	}
	for key, id := range topics {
		if len(s.topics) >= maxTopicsKnown {
			return
		}
		s.topics[key] = id
	}
}
